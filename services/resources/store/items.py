"""Import of items of any kind: single ones, and blocks of numbered ones."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import msgspec
from sqlalchemy import Text, bindparam, column, text
from sqlalchemy.orm import Session

from services.resources.domain.plant.item_validation import ItemKey, KnownPools, StoredItems
from services.resources.domain.plant.plant import ItemBlock
from services.resources.domain.pool.resource import Resource
from services.resources.domain.pool.states import PoolItemState
from services.resources.store.plant import analyze_if_grown
from services.resources.store.pool_items import SELECT_ITEMS, pool_item
from services.resources.store.resource_tables import ITEM_KEY, ITEMS
from services.resources.tables import PoolItemRow
from shared.persistence.bulk import bind_arrays, insert_new_rows, to_arrays, unnest, update_rows

GROW_POOLS = text("""
INSERT INTO pools (tenant, kind, name, exchange_id, capacity)
SELECT :tenant, p.kind, p.name, p.exchange, p.count
FROM unnest(CAST(:kinds AS text[]), CAST(:names AS text[]), CAST(:exchanges AS text[]),
            CAST(:counts AS int[])) AS p (kind, name, exchange, count)
ON CONFLICT (tenant, kind, name) DO UPDATE SET capacity = pools.capacity + excluded.capacity
""")

ADD_BLOCKS = text("""
WITH new AS (
    INSERT INTO pool_items (tenant, kind, pool, value, element, attributes, state, unique_value)
    SELECT :tenant, b.kind, b.pool, b.pool || '/' || lpad(n::text, 7, '0'), '',
           convert_to(b.attributes || '{"name":"' || b.kind || '","value":' || n || '}]', 'UTF8'),
           'free', b.is_unique
    FROM unnest(CAST(:kinds AS text[]), CAST(:pools AS text[]), CAST(:attributes AS text[]),
                CAST(:unique AS bool[]), CAST(:firsts AS int[]), CAST(:counts AS int[]))
         AS b (kind, pool, attributes, is_unique, first, count)
    CROSS JOIN LATERAL generate_series(b.first, b.first + b.count - 1) AS n
    ON CONFLICT DO NOTHING
    RETURNING kind, pool, value
), grown AS (
    INSERT INTO pools (tenant, kind, name, exchange_id, capacity)
    SELECT :tenant, new.kind, new.pool, p.exchange, count(*)
    FROM new JOIN (SELECT DISTINCT * FROM unnest(CAST(:kinds AS text[]), CAST(:pools AS text[]),
                                                 CAST(:exchanges AS text[])))
                  AS p (kind, name, exchange)
             ON p.kind = new.kind AND p.name = new.pool
    GROUP BY new.kind, new.pool, p.exchange
    ON CONFLICT (tenant, kind, name) DO UPDATE SET capacity = pools.capacity + excluded.capacity
)
SELECT (SELECT count(*) FROM new), count(new.value)
FROM unnest(CAST(:kinds AS text[]), CAST(:pools AS text[]), CAST(:firsts AS int[]),
            CAST(:counts AS int[]))
     WITH ORDINALITY AS b (kind, pool, first, count, place)
LEFT JOIN new ON new.kind = b.kind AND new.pool = b.pool
             AND new.value BETWEEN b.pool || '/' || lpad(b.first::text, 7, '0')
                               AND b.pool || '/' || lpad((b.first + b.count - 1)::text, 7, '0')
GROUP BY b.place ORDER BY b.place
""")
"""How many items are new in all, and in each block: blocks may overlap.

A value that is unique within the tenant may be that of an item in another pool, which stays.
"""

REQUESTED = unnest([column(name, Text) for name in ("kind", "pool", "value")], "requested")
TENANT = bindparam("tenant", type_=Text)
LOCKED = SELECT_ITEMS.where(ITEMS.c.tenant == TENANT).order_by(*ITEM_KEY).with_for_update(of=ITEMS)
IS_VALUE = (ITEMS.c.kind == REQUESTED.c.kind) & (ITEMS.c.value == REQUESTED.c.value)
KNOWN_ITEMS = (
    LOCKED.join(REQUESTED, IS_VALUE & (ITEMS.c.pool == REQUESTED.c.pool)),
    LOCKED.join(REQUESTED, IS_VALUE & ITEMS.c.unique_value),
)
"""Along the key, and along the index of the values that are unique within the tenant."""

NEW_COLUMNS = (
    *("tenant", "kind", "pool", "value"),
    *("element", "attributes", "state", "unique_value"),
)
CHANGED_COLUMNS = ("tenant", "kind", "pool", "value", "element", "attributes")
BLOCK_PARAMETERS = ("kinds", "pools", "attributes", "unique", "exchanges", "firsts", "counts")


class AddedItems(NamedTuple):
    """How many items are new, in all and in each block."""

    things: int
    new_of_block: list[int]


def known_items_for_update(session: Session, tenant: str, keys: Iterable[ItemKey]) -> StoredItems:
    """Return the items with these keys, and those of other pools with their values, locked."""
    bound = {"tenant": tenant, **bind_arrays(("kind", "pool", "value"), sorted(set(keys)))}
    found = (
        pool_item(row)
        for statement in KNOWN_ITEMS
        for row in session.execute(statement, bound).all()
    )
    return {each.resource.name[1:]: each for each in found}


def add_items(session: Session, tenant: str, new: Sequence[Resource], known: KnownPools) -> None:
    """Create items, and their pools."""
    free = PoolItemState.FREE
    rows = [
        (*each.name, each.element, each.attributes, free, known.is_unique(each.pool.kind))
        for each in new
    ]
    insert_new_rows(session, PoolItemRow, NEW_COLUMNS, rows)
    sizes = Counter((each.pool.kind, each.pool.name) for each in new)
    pools = [(*key, known.exchange_of(*key), count) for key, count in sorted(sizes.items())]
    session.execute(
        GROW_POOLS,
        {"tenant": tenant, **to_arrays(("kinds", "names", "exchanges", "counts"), pools)},
    )
    analyze_if_grown(session, "pool_items", len(new))


def change_items(session: Session, changed: Iterable[Resource]) -> None:
    """Store the elements and attributes of items without a holder."""
    rows = [(*each.name, each.element, each.attributes) for each in changed]
    update_rows(session, PoolItemRow, CHANGED_COLUMNS, rows, key_length=4)


def add_blocks(
    session: Session, tenant: str, blocks: Sequence[ItemBlock], known: KnownPools
) -> AddedItems:
    """Create the items of blocks, such as pairs; return how many are new, in all and in each."""
    rows = [
        (
            *(each.kind, each.pool, begin_of_attributes(each, known), known.is_unique(each.kind)),
            *(known.exchange_of(each.kind, each.pool), each.first, each.count),
        )
        for each in blocks
    ]
    bound = {"tenant": tenant, **to_arrays(BLOCK_PARAMETERS, rows)}
    found = session.execute(ADD_BLOCKS, bound).all() if rows else []
    made = found[0][0] if found else 0
    analyze_if_grown(session, "pool_items", made)
    return AddedItems(made, [new for _, new in found])


def begin_of_attributes(block: ItemBlock, known: KnownPools) -> str:
    """Return the JSON of what all items of a block have in common, up to the number of each."""
    common = msgspec.json.encode(known.pool_attributes(block.kind, block.pool)).decode()
    return f"{common.removesuffix(']')}," if len(common) > len("[]") else "["
