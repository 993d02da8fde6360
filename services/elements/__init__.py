"""The network-element simulator: AAA, OLTs and an IMS core over HTTP, with injectable faults.

Owns:      what is configured on each simulated element, and the outcome of every operation.
Consumes:  nothing; it simulates equipment and requires no token. It imports nothing of
           `shared` but the texts of validation errors.
Publishes: nothing.
API:       PUT, GET /elements/{element}/operations/{operation_id}; GET /elements;
           GET /elements/{element}/active, /elements/{element}/effects;
           PUT, GET, DELETE /elements/{element}/faults; GET /health/live, /health/ready.

Run `python -m services.elements`. KAITONG_HTTP_HOST (127.0.0.1) and KAITONG_HTTP_PORT (8000) set
the address it listens at; KAITONG_STATE names a folder for its journal, from which it restores
operations and faults after a restart. Without KAITONG_STATE there is no journal, and everything
is kept in memory only.

The wire protocol
=================
Bodies are JSON in UTF-8, at most 64 kB (65,536 bytes), without duplicate keys or unknown members.
Names (of an element, an operation, a subject) have 1 to 128 characters: letters, digits and
`. _ : @ + -`, the first a letter, a digit or `+`. Errors are application/problem+json (RFC 9457)
with `type`, `title`, `status`, `code` (stable), `detail` and, where there is one, `remedy`.
Connections are kept alive; one without a request for 30 s is closed, so a client must close its
idle connections sooner.

Elements and their operations
-----------------------------
`aaa`           create-account, modify-account, bar-account, delete-account,
                add-address, modify-address, remove-address
`ims`           create-subscriber, modify-subscriber, bar-subscriber, delete-subscriber,
                add-enum, modify-enum, remove-enum, test-line
...OLT...       (a name that contains OLT) add-profile, modify-profile, remove-profile,
                test-line, add-multicast, remove-multicast
any other name  an element of a type that the simulator does not know; an operation's name begins
                with what it does: create- or add-, modify- or bar-, delete- or remove-, test-;
                what follows names the thing: create-account, bar-account, test-account

For each subject an element holds at most one of each: account, subscriber, enum, profile, or what
the operations of an element of another type name.
`modify-...` and `bar-...` set parameters of what there is; the others stay.
`test-line` changes nothing; it needs the subject's profile (on an OLT) or subscriber (on `ims`).

PUT /elements/{element}/operations/{operation_id}
-------------------------------------------------
    {"kind": "add-profile", "subject": "<service id>",
     "parameters": {"pon_port": "0/1/3", "svlan": 101, "cvlan": 117}}

`parameters` may be left out; its values are strings, integers (64 bit) or booleans, and the
simulator does not interpret them. Answers:

200  done. `result` is empty except for test-line, and the same every time:
         {"operation_id": "...", "element": "NJ-XW-OLT01", "kind": "test-line", "subject": "...",
          "outcome": "done", "result": {"passed": true, "optical_power_dbm": -18.4}}
     (on `ims`: "result": {"passed": true, "registered": true}).
409  with `"outcome": "refused"` in the body: refused. Nothing was done, and the same id with the
     same body always gets this answer: a retry after a repair needs a new id. The body also has
     operation_id, element, kind and subject. Codes: account-exists, subscriber-exists,
     enum-exists, profile-exists; account-missing, subscriber-missing, enum-missing,
     profile-missing; for test-line no-optical-signal, not-registered; and the `code` of an
     injected `refuse` fault. At an element of another type: THING-exists, THING-missing.
409  `operation-id-reused`, without `outcome`: the id was used with another body before. Nothing
     was done. Bodies are equal if only the order of members differs, or if `parameters` is left
     out in one and empty in the other.
4xx  the request is wrong; nothing was done. 400 `invalid` (a kind that the element does not have
     included), 404 `not-found`, 405 `method-not-allowed`, 413 `too-large`.
500  `element-error`: an injected fault; nothing was done. The same id may be sent again.
503  `journal-unavailable`: the journal cannot be written; nothing was done. The same id may be
     sent again.
No answer: the connection closes, or nothing comes. The outcome is unknown: query it with GET.

The same id with the same body gets the first answer again and has no second effect; with a
journal, also after a restart. An operation is done, and written to the journal if there is one,
before any part of its answer is sent.

GET /elements/{element}/operations/{operation_id}
-------------------------------------------------
200  the operation's answer. Done: as above. Refused:
         {"operation_id": "...", "element": "ims", "kind": "create-subscriber", "subject": "...",
          "outcome": "refused", "refusal": {"code": "subscriber-exists", "detail": "..."}}
404  `unknown-operation`: the element has no outcome of it: it was not received, or failed before
     anything was done. Send the operation again with the same id until it is answered, and do
     not undo it before: a delayed request may still arrive.

GET /elements                      {"elements": ["aaa", ...]}: those that received an operation
    or a fault setting.
GET /elements/{element}/active     what is configured now, in the order of creation:
    {"element": "aaa", "active": [{"subject": "...", "kind": "create-account",
     "parameters": {...}, "operation_id": "..."}]}: kind and id of the operation that made it.
GET /elements/{element}/effects    how often each operation changed the configuration:
    {"element": "aaa", "effects": {"<operation id>": 1}}. Not listed: refused operations, tests.
An element that has received no operation has nothing configured.

Faults
------
PUT /elements/{element}/faults     {"faults": [...]} replaces all faults of the element; answers
                                   200 with them, defaults filled in.
GET /elements/{element}/faults     200, the same.
DELETE /elements/{element}/faults  204.
PUT and DELETE answer 503 `journal-unavailable` too: the journal cannot be written, and the faults
stay as they were.

Every fault may select the calls it applies to:
`subject`, `kind`  only calls for operations with these values. Of an operation without an
                   outcome a GET does not know them, so such a fault does not apply to it.
`on`               a list of "perform" (PUT) and "ask" (GET of an operation); by default only PUT.
`share`, `seed`    the share of these calls, 0 to 1 (default 1), drawn at random; `seed` (default
                   1) starts the fault's own generator.
`times`            applies to at most this many calls; without it, to all.
After a restart of the simulator, and after each PUT of faults, the generators begin again from
their seeds, and the counts from 0.

{"fault": "slow", "delay_ms": 200}       delays the answer; the work is done at once.
{"fault": "refuse", "code": "no-optical-signal", "detail": "..."}  refuses a new operation; one
                                         that was answered before keeps its answer. Only for PUT.
{"fault": "error"}                       500 before doing anything.
{"fault": "drop"}                        does the work, then closes the connection unanswered;
                                         with "then": "silence" leaves it open and never answers.
{"fault": "reject-connection"}           closes the connection before doing anything.

The list is evaluated in order: each `slow` that applies adds its delay; the first other fault
that applies ends the search. Faults apply to calls of `/operations/` only.
"""
