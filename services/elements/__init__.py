"""The network-element simulator: AAA, OLTs and an IMS core over HTTP, with faults to order.

Owns:   what is configured on each simulated element, and what became of every operation.
Hears:  nothing; it stands for equipment, shares no code with the kernel, asks for no token.
Tells:  nothing.
API:    PUT, GET /elements/{element}/operations/{operation_id}; GET /elements;
        GET /elements/{element}/active, /elements/{element}/effects;
        PUT, GET, DELETE /elements/{element}/faults; GET /health/live, /health/ready.

Run `python -m services.elements`. KAITONG_HTTP_HOST (127.0.0.1) and KAITONG_HTTP_PORT (8000) say
where it listens; KAITONG_STATE names a folder for its journal, from which it knows after a restart
what it did and which faults were set. Without that it keeps everything in memory.

The wire protocol
=================
Bodies are JSON in UTF-8, at most 64 kB (65,536 bytes), without duplicate keys or unknown members.
Names (of an element, an operation, a subject) have 1 to 128 characters: letters, digits and
`. _ : @ + -`, the first a letter, a digit or `+`. Errors are application/problem+json (RFC 9457)
with `type`, `title`, `status`, `code` (stable), `detail` and, where there is one, `remedy`.
Connections are kept alive; one without a request for 30 s is closed: keep a client's own limit
below that.

Elements and their operations
-----------------------------
`aaa`           create-account, delete-account
`ims`           create-subscriber, delete-subscriber, add-enum, remove-enum, test-line
any other name  an OLT: add-profile, remove-profile, test-line

An element holds one account, subscriber, enum or profile for each subject. `test-line` changes
nothing; it needs the subject's profile (on an OLT) or subscriber (on `ims`).

PUT /elements/{element}/operations/{operation_id}
-------------------------------------------------
    {"kind": "add-profile", "subject": "<service id>",
     "parameters": {"pon_port": "0/1/3", "svlan": 101, "cvlan": 117}}

`parameters` may be left out; its values are strings, whole numbers (64 bit) or booleans, and mean
nothing to the simulator. Answers:

200  done. `result` is empty but for test-line, and the same every time:
         {"operation_id": "...", "element": "NJ-XW-OLT01", "kind": "test-line", "subject": "...",
          "outcome": "done", "result": {"passed": true, "optical_power_dbm": -18.4}}
     (on `ims`: "result": {"passed": true, "registered": true}).
409  refused, if the problem carries `"outcome": "refused"`. Nothing was done, and this operation
     id will be answered so for ever: to try again after a repair takes a new id. The problem also
     carries operation_id, element, kind and subject. Codes: account-exists, subscriber-exists,
     enum-exists, profile-exists; account-missing, subscriber-missing, enum-missing,
     profile-missing; for test-line no-optical-signal, not-registered; and any code of a fault.
409  `operation-id-reused`, without `outcome`: the id was used with another body before. Nothing
     was done. Members in another order, or `parameters` left out and empty, are the same body.
4xx  the request is wrong; nothing was done. 400 `invalid` (a kind that the element does not have
     included), 404 `not-found`, 405 `method-not-allowed`, 413 `too-large`.
500  `element-error`: an ordered fault; nothing was done. The same id may be sent again.
503  `journal-unavailable`: the journal cannot be written; nothing was done. The same.
none The connection closes, or no answer comes: the outcome is unknown. Ask.

The same id with the same body is answered as the first time and has no second effect, also after
a restart. An operation is done, and written to the journal, before any part of its answer is sent.

GET /elements/{element}/operations/{operation_id}
-------------------------------------------------
200  the operation's answer. Done: as above. Refused:
         {"operation_id": "...", "element": "ims", "kind": "create-subscriber", "subject": "...",
          "outcome": "refused", "refusal": {"code": "subscriber-exists", "detail": "..."}}
404  `unknown-operation`: never heard of it; it has had no effect. A request that is still on its
     way may yet arrive: send the operation again with the same id, and do not undo it, until it
     is answered.

GET /elements                      {"elements": ["aaa", ...]}: those that were told anything.
GET /elements/{element}/active     what is configured now, in the order in which it was made:
    {"element": "aaa", "active": [{"subject": "...", "kind": "create-account",
     "parameters": {...}, "operation_id": "..."}]}: kind and id of the operation that made it.
GET /elements/{element}/effects    how often each operation changed what is configured:
    {"element": "aaa", "effects": {"<operation id>": 1}}. Refused operations and tests have none.
An element that was told nothing has nothing configured.

Faults
------
PUT /elements/{element}/faults     {"faults": [...]} replaces all faults of the element; answers
                                   200 with them, defaults filled in.
GET /elements/{element}/faults     200, the same.
DELETE /elements/{element}/faults  204.

Every fault may say which calls it strikes: `subject`, `kind` (only calls about these), `share`
(of those calls, 0 to 1, drawn by a generator of its own begun with `seed`, 1 unless said), `times`
(so often at most), `on` (["perform"] unless said: PUT; "ask": GET of an operation. An ask has
subject and kind only if the operation is known). A restart begins `seed` and `times` anew.

{"fault": "slow", "delay_ms": 200}       answers so much later; the work is done at once.
{"fault": "refuse", "code": "no-optical-signal", "detail": "..."}  refuses a new operation; one
                                         that was answered before keeps its answer. Never on asks.
{"fault": "error"}                       500 before doing anything.
{"fault": "drop"}                        does the work, then closes the connection unanswered;
                                         with "then": "silence" leaves it open and never answers.
{"fault": "reject-connection"}           closes the connection before doing anything.

The list is gone through in order: each `slow` that strikes adds its delay, the first other fault
that strikes ends the search. Health and the other resources are never struck.
"""
