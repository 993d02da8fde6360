"""Importing numbers and plant. What is sent again changes nothing."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Annotated, TypeAlias

from fastapi import Depends, Request, Response

from services.resources import store
from services.resources.api import examples
from services.resources.api.rows import ARRAY, Sent, described, read_rows, refuse
from services.resources.api.shapes import ImportView
from services.resources.domain import checks
from services.resources.domain.checks import Placed, R
from services.resources.domain.naming import Spelling, names_in
from services.resources.domain.plant import (
    Address,
    Exchange,
    PairBlock,
    Segment,
    Splitter,
    with_kind,
)
from services.resources.domain.tally import Tally, tally, tally_blocks
from shared.errors import Fault, InvalidError
from shared.http import RequestCause, Router, ToDesk, refusals, show
from shared.http.arguments import Given
from shared.http.authorization import allow
from shared.messaging.unit_of_work import Work
from shared.security.caller import Caller

IMPORT = "/ops/v1/import"

Importer: TypeAlias = Annotated[Caller, allow("ops:import", "network:write")]
Raw: TypeAlias = Annotated[Request, Depends(Given(lambda request: request))]
"""The request itself: its body is rows, which are not read as one JSON value."""

Taker: TypeAlias = Callable[[Sent[R], Work], Tally]
"""Takes rows in, unless some have faults."""

router = Router(tags=["import"])


def declare(path: str, example: R, things: int, take_in: Taker[R]) -> None:
    """Declare the import of rows of the example's kind; the example itself makes so many things."""
    kind = type(example)

    async def import_rows(
        request: Raw, caller: Importer, cause: RequestCause, desk: ToDesk
    ) -> Response:
        sent = read_rows(kind, await request.body(), request.headers.get("content-type", ""))
        refuse_too_many(len(sent.rows), caller.limits.import_rows)
        is_empty = not (sent.rows or sent.faults)
        do = partial(take_in_audited, path, take_in, sent)
        came = Tally() if is_empty else await desk.serve(cause, do)
        return show(ImportView(rows=len(sent.rows), **came._asdict()))

    import_rows.__doc__ = take_in.__doc__
    shown = {**examples.IMPORTED, "things": things}
    router.post(
        f"{IMPORT}/{path}",
        response_model=ImportView,
        operation_id=f"import_{path}",
        name=f"import_{path}",
        openapi_extra=described(example),
        responses={200: {"content": {ARRAY: {"example": shown}}}, **refusals(422)},
    )(import_rows)


def refuse_too_many(rows: int, most: int | None) -> None:
    """Refuse an import of more rows than the caller's role may send at once.

    Raises:
        InvalidError: if there are more.
    """
    if most is not None and rows > most:
        reason = f"{rows} rows; the role may import {most} at once"
        raise InvalidError([Fault("", "too-many-rows", reason, "send them in parts")])


def take_in_audited(path: str, take_in: Taker[R], sent: Sent[R], work: Work) -> Tally:
    """Take rows in, and keep in the audit who sent how many."""
    store.take_seat(work.session)
    tally_ = take_in(spelled_as_known(sent, work), work)
    work.audit(f"import.{path}", path, things=len(sent.rows))
    return tally_


def spelled_as_known(sent: Sent[R], work: Work) -> Sent[R]:
    """Return the rows with everything called as it was imported first."""
    named = names_in(sent.plain)
    spelling = Spelling(store.known_spellings(work.session, work.tenant, named))
    rows = [Placed(place, spelling.applied(row)) for place, row in sent.rows]
    return Sent(rows, sent.faults)


def take_in_exchanges(sent: Sent[Exchange], work: Work) -> Tally:
    """Keep exchanges, new or changed; one that has anything in it stays in its area."""
    rows = sent.plain
    known = store.known_exchanges(work.session, work.tenant, rows)
    networks = {each.id: each.local_network for each in known}
    occupied = store.occupied_exchanges(work.session, work.tenant, networks)
    refuse([*sent.faults, *checks.check_exchanges(sent.rows, networks, occupied)])
    store.add_exchanges(work.session, work.tenant, rows)
    return tally(rows, known)


def take_in_segments(sent: Sent[Segment], work: Work) -> Tally:
    """Keep segments and make their numbers, each with its grade.

    A known segment keeps its numbers; sent with another state, it opens, blocks or puts
    off those that nobody has.
    """
    rows = sent.plain
    known = store.segments_meeting(work.session, work.tenant, rows)
    refuse([*sent.faults, *checks.check_segments(sent.rows, networks_of(rows, work), known)])
    things = store.add_segments(work.session, work.tenant, rows, known)
    for each in store.reopen(work.session, work.tenant, rows, known):
        work.note("number", each.e164, each.was, each.became, reason="segment imported anew")
    note_new("segment", rows, known, work)
    return tally(map(with_kind, rows), known, things)


def take_in_splitters(sent: Sent[Splitter], work: Work) -> Tally:
    """Keep splitters and make their legs, VLANs and LOIDs; a known one may grow."""
    rows = sent.plain
    known = store.splitters_meeting(work.session, work.tenant, rows)
    refuse([*sent.faults, *checks.check_splitters(sent.rows, networks_of(rows, work), known)])
    things = store.add_splitters(work.session, work.tenant, rows, known)
    note_new("splitter", rows, known, work)
    return tally(rows, known, things)


def take_in_addresses(sent: Sent[Address], work: Work) -> Tally:
    """Keep addresses and what serves them, new or changed."""
    rows = sent.plain
    names = {each.splitter_id for each in rows if each.splitter_id}
    splitters = {each.id for each in store.known_splitters(work.session, work.tenant, names)}
    like = store.ids_like(work.session, work.tenant, [each.id for each in rows])
    networks = networks_of(rows, work)
    refuse([*sent.faults, *checks.check_addresses(sent.rows, networks, splitters, like)])
    known = store.known_addresses(work.session, work.tenant, rows)
    store.add_addresses(work.session, work.tenant, rows)
    return tally(rows, known)


def take_in_pairs(sent: Sent[PairBlock], work: Work) -> Tally:
    """Make pairs on exchanges' distribution frames; those that are there stay as they are."""
    rows = sent.plain
    refuse([*sent.faults, *checks.check_pairs(sent.rows, networks_of(rows, work))])
    added = store.add_pairs(work.session, work.tenant, rows)
    sizes = [each.count for each in rows]
    return tally_blocks(zip(sizes, added.new_of_block, strict=True), added.things)


def networks_of(
    rows: Sequence[Segment | Splitter | Address | PairBlock], work: Work
) -> checks.Networks:
    """Return the local networks of the exchanges that these rows name."""
    return store.networks(work.session, work.tenant, (each.exchange_id for each in rows))


def note_new(
    kind: str,
    rows: Sequence[Segment] | Sequence[Splitter],
    known: Sequence[Segment] | Sequence[Splitter],
    work: Work,
) -> None:
    """Note which rows begin to exist."""
    before = {each.id for each in known}
    for each in rows:
        if each.id not in before:
            work.note(kind, each.id, "", "imported")


EXCHANGE = Exchange(
    id="NJ-XW", name="Nanjing Xuanwu", local_network="025", city="南京市", district="玄武区"
)
SEGMENT = Segment(
    id="seg-025-80000000",
    exchange_id="NJ-XW",
    local_network="025",
    first="+862580000000",
    count=1000,
    kind="fixed",
)
SPLITTER = Splitter(
    id="NJ-XW-SP001",
    exchange_id="NJ-XW",
    olt="NJ-XW-OLT01",
    pon_port="0/1/3",
    legs=8,
    svlan=101,
    first_cvlan=101,
)
ADDRESS = Address(
    id="addr-320102-002-0001",
    text="江苏省南京市玄武区梅园新村街道人民路1号",
    exchange_id="NJ-XW",
    local_network="025",
    splitter_id="NJ-XW-SP001",
)
PAIRS = PairBlock(exchange_id="NJ-XW", first=1, count=500)

declare("exchanges", EXCHANGE, 0, take_in_exchanges)
declare("segments", SEGMENT, 1000, take_in_segments)
declare("splitters", SPLITTER, 24, take_in_splitters)
declare("addresses", ADDRESS, 0, take_in_addresses)
declare("pairs", PAIRS, 500, take_in_pairs)
