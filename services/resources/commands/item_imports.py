"""Imports of items of any kind: single ones, and blocks of numbered ones."""

from collections.abc import Sequence

from services.resources import store
from services.resources.domain.plant.import_counts import ImportCounts, count_blocks
from services.resources.domain.plant.import_validation import (
    IndexedRow,
    duplicate_faults,
    find_pair_faults,
)
from services.resources.domain.plant.item_validation import (
    ItemRowT,
    KnownPools,
    import_items,
    item_faults,
    item_key,
    pool_faults,
    pool_names,
    with_known_pool,
)
from services.resources.domain.plant.parsed_rows import ParsedRows, raise_faults
from services.resources.domain.plant.plant import ImportedItem, ItemBlock, PairBlock
from services.resources.domain.plant.spelling import KnownPlantNames, PlantNameKind
from shared.messaging.unit_of_work import UnitOfWork

PAIRS = "pair"
"""The kind of the blocks that the import of pairs sends."""


def add_items(parsed: ParsedRows[ImportedItem], work: UnitOfWork) -> ImportCounts:
    """Create items of any kind in their pools: SIMs, cards, addresses, circuits, devices.

    A known item without a holder gets the element and the attributes of its row.
    """
    rows, known = with_known_pools(parsed.rows, work)
    items = [each.row for each in rows]
    stored = store.known_items_for_update(work.session, work.tenant, map(item_key, items))
    in_pools = [each for each in rows if not any(pool_faults([each], known))]
    faults = [*pool_faults(rows, known), *item_faults(in_pools, known, stored)]
    raise_faults([*parsed.faults, *faults])
    imported = import_items(work.tenant, items, stored)
    store.add_items(work.session, work.tenant, imported.new, known)
    store.change_items(work.session, imported.changed)
    made, changed = len(imported.new), len(imported.changed)
    return ImportCounts(made, changed, len(items) - made - changed, made)


def add_blocks(parsed: ParsedRows[ItemBlock], work: UnitOfWork) -> ImportCounts:
    """Create numbered items in their pools, such as ports; existing items stay unchanged."""
    rows, known = with_known_pools(parsed.rows, work)
    raise_faults([*parsed.faults, *duplicate_faults(rows), *pool_faults(rows, known)])
    blocks = [each.row for each in rows]
    added = store.add_blocks(work.session, work.tenant, blocks, known)
    sizes = [each.count for each in blocks]
    return count_blocks(zip(sizes, added.new_of_block, strict=True), added.things)


def add_pairs(parsed: ParsedRows[PairBlock], work: UnitOfWork) -> ImportCounts:
    """Create pairs on exchanges' distribution frames; existing pairs stay unchanged."""
    exchanges = (each.exchange_id for each in parsed.bare_rows)
    networks = store.local_networks(work.session, work.tenant, exchanges)
    raise_faults([*parsed.faults, *find_pair_faults(parsed.rows, networks)])
    rows = [IndexedRow(place, row.of_kind(PAIRS)) for place, row in parsed.rows]
    return add_blocks(ParsedRows(rows, parsed.faults), work)


def with_known_pools(
    rows: Sequence[IndexedRow[ItemRowT]], work: UnitOfWork
) -> tuple[list[IndexedRow[ItemRowT]], KnownPools]:
    """Return rows with the stored spelling of their pools, and the pools that there can be."""
    session, tenant = work.session, work.tenant
    names = {each.row.kind for each in rows}
    found = store.kinds.find_all(session, [(tenant, name) for name in names])
    kinds = {name: kind for (_, name), kind in found.items()}
    plant = pool_names([each.row for each in rows], kinds)
    spelling = KnownPlantNames(store.known_spellings(session, tenant, plant))
    spelled = [IndexedRow(place, with_known_pool(row, kinds, spelling)) for place, row in rows]
    plant = pool_names([each.row for each in spelled], kinds)
    known = KnownPools(
        kinds,
        store.local_networks(session, tenant, plant[PlantNameKind.EXCHANGE]),
        store.exchanges_of_splitters(session, tenant, plant[PlantNameKind.SPLITTER]),
        store.regions(session, tenant),
    )
    return spelled, known
