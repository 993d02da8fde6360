"""Imports of numbers and plant. A repeated import changes nothing."""

from collections.abc import Callable, Sequence
from typing import TypeAlias

from services.resources import store
from services.resources.domain.plant import import_validation
from services.resources.domain.plant.import_counts import ImportCounts, count_rows
from services.resources.domain.plant.import_validation import IndexedRow
from services.resources.domain.plant.parsed_rows import ParsedRows, raise_faults
from services.resources.domain.plant.plant import (
    Address,
    Exchange,
    RowT,
    Segment,
    Splitter,
    with_kind,
)
from services.resources.domain.plant.segment_changes import unheld_number_changes
from services.resources.domain.plant.spelling import KnownPlantNames, names_in
from services.resources.domain.pool.kinds import NUMBER
from shared.messaging.unit_of_work import UnitOfWork

RowImporter: TypeAlias = Callable[[ParsedRows[RowT], UnitOfWork], ImportCounts]
"""Stores rows, unless some have faults."""


def import_and_audit(
    path: str, add_rows: RowImporter[RowT], parsed: ParsedRows[RowT], work: UnitOfWork
) -> ImportCounts:
    """Store rows, and record in the audit log who sent how many."""
    store.take_assignment_lock(work.session)
    counts = add_rows(with_known_spellings(parsed, work), work)
    work.audit(f"import.{path}", path, things=len(parsed.rows))
    return counts


def with_known_spellings(parsed: ParsedRows[RowT], work: UnitOfWork) -> ParsedRows[RowT]:
    """Return the rows with the stored spelling of all plant names."""
    names = names_in(parsed.bare_rows)
    spelling = KnownPlantNames(store.known_spellings(work.session, work.tenant, names))
    rows = [IndexedRow(place, spelling.with_known_names(row)) for place, row in parsed.rows]
    return ParsedRows(rows, parsed.faults)


def import_exchanges(parsed: ParsedRows[Exchange], work: UnitOfWork) -> ImportCounts:
    """Store exchanges, new or changed; one that is occupied keeps its local network."""
    rows = parsed.bare_rows
    known = store.known_exchanges(work.session, work.tenant, rows)
    networks = {each.id: each.local_network for each in known}
    occupied = store.occupied_exchanges(work.session, work.tenant, networks)
    raise_faults(
        [*parsed.faults, *import_validation.find_exchange_faults(parsed.rows, networks, occupied)]
    )
    store.upsert_exchanges(work.session, work.tenant, rows)
    return count_rows(rows, known)


def import_segments(parsed: ParsedRows[Segment], work: UnitOfWork) -> ImportCounts:
    """Store segments and create their numbers, each with its grade.

    A known segment keeps its numbers; with another state, it changes those of its numbers that
    nobody holds to idle, planned or blocked.
    """
    rows = parsed.bare_rows
    known = store.possibly_conflicting_segments(work.session, work.tenant, rows)
    raise_faults(
        [
            *parsed.faults,
            *import_validation.find_segment_faults(
                parsed.rows, local_networks_of(rows, work), known
            ),
        ]
    )
    things = store.upsert_segments(work.session, work.tenant, rows, known)
    changes = unheld_number_changes(rows, known)
    for each in store.change_number_states(work.session, work.tenant, changes):
        work.record_change(
            NUMBER.name, each.e164, each.was, each.became, reason="segment imported anew"
        )
    record_created_rows("segment", rows, known, work)
    return count_rows(map(with_kind, rows), known, things)


def import_splitters(parsed: ParsedRows[Splitter], work: UnitOfWork) -> ImportCounts:
    """Store splitters and create their legs, VLANs and LOIDs; a known one may grow."""
    rows = parsed.bare_rows
    known = store.possibly_conflicting_splitters(work.session, work.tenant, rows)
    raise_faults(
        [
            *parsed.faults,
            *import_validation.find_splitter_faults(
                parsed.rows, local_networks_of(rows, work), known
            ),
        ]
    )
    things = store.upsert_splitters(work.session, work.tenant, rows, known)
    record_created_rows("splitter", rows, known, work)
    return count_rows(rows, known, things)


def import_addresses(parsed: ParsedRows[Address], work: UnitOfWork) -> ImportCounts:
    """Store addresses and the plant that serves them, new or changed."""
    rows = parsed.bare_rows
    names = {each.splitter_id for each in rows if each.splitter_id}
    splitters = {each.id for each in store.known_splitters(work.session, work.tenant, names)}
    known_ids = store.known_address_spellings(work.session, work.tenant, [each.id for each in rows])
    networks = local_networks_of(rows, work)
    raise_faults(
        [
            *parsed.faults,
            *import_validation.find_address_faults(parsed.rows, networks, splitters, known_ids),
        ]
    )
    known = store.known_addresses(work.session, work.tenant, rows)
    store.upsert_addresses(work.session, work.tenant, rows)
    return count_rows(rows, known)


def local_networks_of(
    rows: Sequence[Segment | Splitter | Address], work: UnitOfWork
) -> import_validation.Networks:
    """Return the local networks of these rows' exchanges."""
    return store.local_networks(work.session, work.tenant, (each.exchange_id for each in rows))


def record_created_rows(
    kind: str,
    rows: Sequence[Segment] | Sequence[Splitter],
    known: Sequence[Segment] | Sequence[Splitter],
    work: UnitOfWork,
) -> None:
    """Record the creation of new rows in the history."""
    before = {each.id for each in known}
    for each in rows:
        if each.id not in before:
            work.record_change(kind, each.id, "", "imported")
