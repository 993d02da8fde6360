"""Importing numbers and plant. What is sent again changes nothing."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Annotated, TypeAlias

from fastapi import Depends, Request, Response

from services.resources import store
from services.resources.api.examples import bodies
from services.resources.api.mapping import (
    JSON_TYPE,
    ParsedRows,
    import_body,
    raise_faults,
    read_rows,
)
from services.resources.api.views.base import ImportView
from services.resources.domain.plant import import_validation
from services.resources.domain.plant.import_counts import ImportCounts, count_blocks, count_rows
from services.resources.domain.plant.import_validation import PlacedRow, R
from services.resources.domain.plant.plant import (
    Address,
    Exchange,
    PairBlock,
    Segment,
    Splitter,
    with_kind,
)
from services.resources.domain.plant.spelling import Spelling, names_in
from shared.errors import Fault, InvalidError
from shared.http import CausationDep, CommandBatcherDep, Router, error_responses, view_response
from shared.http.authorization import allow
from shared.http.dependencies import DirectDependency
from shared.messaging.unit_of_work import UnitOfWork
from shared.security.caller import Caller

IMPORT_PATH = "/ops/v1/import"

Importer: TypeAlias = Annotated[Caller, allow("ops:import", "network:write")]
RawRequest: TypeAlias = Annotated[Request, Depends(DirectDependency(lambda request: request))]
"""The request itself: its body is rows, which are not read as one JSON value."""

RowImporter: TypeAlias = Callable[[ParsedRows[R], UnitOfWork], ImportCounts]
"""Takes rows in, unless some have faults."""

router = Router(tags=["import"])


def add_import_route(path: str, example: R, things: int, take_in: RowImporter[R]) -> None:
    """Declare the import of rows of the example's kind; the example itself makes so many things."""
    kind = type(example)

    async def import_rows(
        request: RawRequest, caller: Importer, cause: CausationDep, batcher: CommandBatcherDep
    ) -> Response:
        sent = read_rows(kind, await request.body(), request.headers.get("content-type", ""))
        refuse_too_many(len(sent.rows), caller.limits.import_rows)
        is_empty = not (sent.rows or sent.faults)
        do = partial(import_and_audit, path, take_in, sent)
        came = ImportCounts() if is_empty else await batcher.execute(cause, do)
        return view_response(ImportView(rows=len(sent.rows), **came._asdict()))

    import_rows.__doc__ = take_in.__doc__
    shown = {**bodies.IMPORTED, "things": things}
    router.post(
        f"{IMPORT_PATH}/{path}",
        response_model=ImportView,
        operation_id=f"import_{path}",
        name=f"import_{path}",
        openapi_extra=import_body(example),
        responses={200: {"content": {JSON_TYPE: {"example": shown}}}, **error_responses(422)},
    )(import_rows)


def refuse_too_many(rows: int, most: int | None) -> None:
    """Refuse an import of more rows than the caller's role may send at once.

    Raises:
        InvalidError: if there are more.
    """
    if most is not None and rows > most:
        reason = f"{rows} rows; the role may import {most} at once"
        raise InvalidError([Fault("", "too-many-rows", reason, "send them in parts")])


def import_and_audit(
    path: str, take_in: RowImporter[R], sent: ParsedRows[R], work: UnitOfWork
) -> ImportCounts:
    """Take rows in, and keep in the audit who sent how many."""
    store.take_assignment_lock(work.session)
    tally_ = take_in(with_known_spellings(sent, work), work)
    work.audit(f"import.{path}", path, things=len(sent.rows))
    return tally_


def with_known_spellings(sent: ParsedRows[R], work: UnitOfWork) -> ParsedRows[R]:
    """Return the rows with everything called as it was imported first."""
    named = names_in(sent.bare_rows)
    spelling = Spelling(store.known_spellings(work.session, work.tenant, named))
    rows = [PlacedRow(place, spelling.apply(row)) for place, row in sent.rows]
    return ParsedRows(rows, sent.faults)


def import_exchanges(sent: ParsedRows[Exchange], work: UnitOfWork) -> ImportCounts:
    """Keep exchanges, new or changed; one that has anything in it stays in its area."""
    rows = sent.bare_rows
    known = store.known_exchanges(work.session, work.tenant, rows)
    networks = {each.id: each.local_network for each in known}
    occupied = store.occupied_exchanges(work.session, work.tenant, networks)
    raise_faults([*sent.faults, *import_validation.check_exchanges(sent.rows, networks, occupied)])
    store.add_exchanges(work.session, work.tenant, rows)
    return count_rows(rows, known)


def import_segments(sent: ParsedRows[Segment], work: UnitOfWork) -> ImportCounts:
    """Keep segments and make their numbers, each with its grade.

    A known segment keeps its numbers; sent with another state, it opens, blocks or puts
    off those that nobody has.
    """
    rows = sent.bare_rows
    known = store.overlapping_segments(work.session, work.tenant, rows)
    raise_faults(
        [*sent.faults, *import_validation.check_segments(sent.rows, networks_of(rows, work), known)]
    )
    things = store.add_segments(work.session, work.tenant, rows, known)
    for each in store.change_unheld_numbers(work.session, work.tenant, rows, known):
        work.record_change(
            "number", each.e164, each.was, each.became, reason="segment imported anew"
        )
    note_new("segment", rows, known, work)
    return count_rows(map(with_kind, rows), known, things)


def import_splitters(sent: ParsedRows[Splitter], work: UnitOfWork) -> ImportCounts:
    """Keep splitters and make their legs, VLANs and LOIDs; a known one may grow."""
    rows = sent.bare_rows
    known = store.overlapping_splitters(work.session, work.tenant, rows)
    raise_faults(
        [
            *sent.faults,
            *import_validation.check_splitters(sent.rows, networks_of(rows, work), known),
        ]
    )
    things = store.add_splitters(work.session, work.tenant, rows, known)
    note_new("splitter", rows, known, work)
    return count_rows(rows, known, things)


def import_addresses(sent: ParsedRows[Address], work: UnitOfWork) -> ImportCounts:
    """Keep addresses and what serves them, new or changed."""
    rows = sent.bare_rows
    names = {each.splitter_id for each in rows if each.splitter_id}
    splitters = {each.id for each in store.known_splitters(work.session, work.tenant, names)}
    like = store.address_ids_like(work.session, work.tenant, [each.id for each in rows])
    networks = networks_of(rows, work)
    raise_faults(
        [*sent.faults, *import_validation.check_addresses(sent.rows, networks, splitters, like)]
    )
    known = store.known_addresses(work.session, work.tenant, rows)
    store.add_addresses(work.session, work.tenant, rows)
    return count_rows(rows, known)


def import_pairs(sent: ParsedRows[PairBlock], work: UnitOfWork) -> ImportCounts:
    """Make pairs on exchanges' distribution frames; those that are there stay as they are."""
    rows = sent.bare_rows
    raise_faults([*sent.faults, *import_validation.check_pairs(sent.rows, networks_of(rows, work))])
    added = store.add_pairs(work.session, work.tenant, rows)
    sizes = [each.count for each in rows]
    return count_blocks(zip(sizes, added.new_of_block, strict=True), added.things)


def networks_of(
    rows: Sequence[Segment | Splitter | Address | PairBlock], work: UnitOfWork
) -> import_validation.Networks:
    """Return the local networks of the exchanges that these rows name."""
    return store.local_networks(work.session, work.tenant, (each.exchange_id for each in rows))


def note_new(
    kind: str,
    rows: Sequence[Segment] | Sequence[Splitter],
    known: Sequence[Segment] | Sequence[Splitter],
    work: UnitOfWork,
) -> None:
    """Note which rows begin to exist."""
    before = {each.id for each in known}
    for each in rows:
        if each.id not in before:
            work.record_change(kind, each.id, "", "imported")


EXCHANGE_EXAMPLE = Exchange(
    id="NJ-XW", name="Nanjing Xuanwu", local_network="025", city="南京市", district="玄武区"
)
SEGMENT_EXAMPLE = Segment(
    id="seg-025-80000000",
    exchange_id="NJ-XW",
    local_network="025",
    first="+862580000000",
    count=1000,
    kind="fixed",
)
SPLITTER_EXAMPLE = Splitter(
    id="NJ-XW-SP001",
    exchange_id="NJ-XW",
    olt="NJ-XW-OLT01",
    pon_port="0/1/3",
    legs=8,
    svlan=101,
    first_cvlan=101,
)
ADDRESS_EXAMPLE = Address(
    id="addr-320102-002-0001",
    text="江苏省南京市玄武区梅园新村街道人民路1号",
    exchange_id="NJ-XW",
    local_network="025",
    splitter_id="NJ-XW-SP001",
)
PAIRS_EXAMPLE = PairBlock(exchange_id="NJ-XW", first=1, count=500)

add_import_route("exchanges", EXCHANGE_EXAMPLE, 0, import_exchanges)
add_import_route("segments", SEGMENT_EXAMPLE, 1000, import_segments)
add_import_route("splitters", SPLITTER_EXAMPLE, 24, import_splitters)
add_import_route("addresses", ADDRESS_EXAMPLE, 0, import_addresses)
add_import_route("pairs", PAIRS_EXAMPLE, 500, import_pairs)
