"""Reads and writes what counts for identities, and which are blocked."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import astuple
from typing import NamedTuple, TypeAlias
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Text,
    bindparam,
    column,
    delete,
    func,
    literal_column,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from services.order.domain.identity.block import IdentityBlock
from services.order.domain.identity.holdings import IdentityHolding, ReleasedHoldings
from services.order.domain.identity.identity_key import lock_number
from services.order.domain.identity.rules import MAX_LIMIT
from services.order.tables import IdentityBlockRow, IdentityHoldingRow
from shared.persistence.bulk import bind_arrays, table_of, unnest, upsert_rows
from shared.persistence.pagination import Window, select_page
from shared.persistence.repository import Repository
from shared.persistence.statements import CompiledStatement

IdentityKey: TypeAlias = tuple[str, str]
"""A tenant, and the key of an identity."""

HOLDINGS = Repository(IdentityHoldingRow, IdentityHolding)

HELD = table_of(IdentityHoldingRow)
BLOCKED = table_of(IdentityBlockRow)
REQUESTED = unnest([column(name, Text) for name in ("tenant", "identity")])

NUMBERS = func.unnest(bindparam("numbers", type_=ARRAY(BigInteger))).column_valued("number")
LOCK = CompiledStatement(select(func.pg_advisory_xact_lock(NUMBERS)))
MAX_HOLDINGS = 2 * MAX_LIMIT
"""The most holdings read of one identity: enough for any limit, also while products are
transferred; an organization without a limit may have any number."""

OF_IDENTITY = (
    select(*(HELD.c[name] for name in IdentityHolding.__dataclass_fields__))
    .where(HELD.c.tenant == REQUESTED.c.tenant, HELD.c.identity == REQUESTED.c.identity)
    .limit(literal_column(str(MAX_HOLDINGS)))
    .lateral("held")
)
FIND_HOLDINGS = CompiledStatement(
    select(*OF_IDENTITY.c).select_from(REQUESTED).join(OF_IDENTITY, true())
)
BLOCK_NAMES = tuple(IdentityBlock.__dataclass_fields__)
BLOCKS = select(*(BLOCKED.c[name] for name in BLOCK_NAMES))
FIND_BLOCKS = CompiledStatement(
    BLOCKS.where(BLOCKED.c.tenant == REQUESTED.c.tenant, BLOCKED.c.identity == REQUESTED.c.identity)
)
OF_PRODUCTS = HELD.c.product_id == func.any(bindparam("products", type_=ARRAY(HELD.c.id.type)))
ORDER = bindparam("order_id", type_=HELD.c.order_id.type)
RELEASE_OWN = CompiledStatement(delete(HELD).where(OF_PRODUCTS, HELD.c.order_id == ORDER))
RELEASE_OTHERS = CompiledStatement(delete(HELD).where(OF_PRODUCTS, HELD.c.order_id != ORDER))
REMOVE = CompiledStatement(
    delete(HELD).where(
        HELD.c.order_id == func.any(bindparam("orders", type_=ARRAY(HELD.c.id.type)))
    )
)


class KnownIdentity(NamedTuple):
    """What is known of an identity."""

    holdings: list[IdentityHolding]
    block: IdentityBlock | None


def preload(session: Session, identities: Collection[IdentityKey]) -> None:
    """Lock identities until the transaction ends, and read what is known of them.

    All are locked at once and in one sequence, before any product is. So no two transactions wait
    for each other, and no other one can add to what counts for them.
    """
    cache, missing = _cache(session), sorted(set(identities) - _cache(session).keys())
    if not missing:
        return
    LOCK.rows(session, {"numbers": sorted({lock_number(identity) for _, identity in missing})})
    cache.update({key: KnownIdentity([], None) for key in missing})
    requested = bind_arrays(("tenant", "identity"), missing)
    for row in FIND_HOLDINGS.rows(session, requested):
        holding = IdentityHolding(*row)
        cache[holding.tenant, holding.identity].holdings.append(holding)
    for row in FIND_BLOCKS.rows(session, requested):
        block = IdentityBlock(*row)
        key = block.tenant, block.identity
        cache[key] = cache[key]._replace(block=block)


def get(session: Session, key: IdentityKey) -> KnownIdentity:
    """Return what is known of an identity, which stays locked in this transaction."""
    preload(session, [key])
    return _cache(session)[key]


def add_holdings(session: Session, holdings: Iterable[IdentityHolding]) -> None:
    """Insert holdings when the transaction ends; `get` returns them from now on."""
    for each in holdings:
        HOLDINGS.add(session, each)
        if known := _cache(session).get((each.tenant, each.identity)):
            known.holdings.append(each)


def release(session: Session, released: ReleasedHoldings | None) -> None:
    """Delete what no longer counts, also what this transaction has added."""
    if released:
        HOLDINGS.write(session)
        statement = RELEASE_OWN if released.is_own else RELEASE_OTHERS
        bound = {"products": list(released.product_ids), "order_id": released.order_id}
        statement.run(session, bound)


def remove_of_orders(session: Session, order_ids: Sequence[UUID]) -> None:
    """Delete what counts by these orders, with the identity's key."""
    if order_ids:
        REMOVE.run(session, {"orders": list(order_ids)})


def find_blocks(session: Session, tenant: str, window: Window) -> list[IdentityBlock]:
    """Return a part of the blocked identities of a tenant, those blocked first coming first."""
    of_tenant = BLOCKS.where(BLOCKED.c.tenant == tenant)
    rows = session.execute(select_page(of_tenant, [BLOCKED.c.id], window))
    return [IdentityBlock(*row) for row in rows]


def find_block_for_update(session: Session, tenant: str, id_: UUID) -> IdentityBlock | None:
    """Return a block of a tenant, locked until the transaction ends; None if there is none."""
    found = BLOCKS.where(BLOCKED.c.tenant == tenant, BLOCKED.c.id == id_).with_for_update()
    row = session.execute(found).first()
    return IdentityBlock(*row) if row else None


def put_block(session: Session, block: IdentityBlock) -> None:
    """Write a block, new or changed, of an identity that is locked in this transaction."""
    upsert_rows(session, IdentityBlockRow, BLOCK_NAMES, [astuple(block)])
    cache_block(session, block, block)


def remove_block(session: Session, block: IdentityBlock) -> None:
    """Delete a block."""
    session.execute(delete(BLOCKED).where(BLOCKED.c.id == block.id))
    cache_block(session, block, None)


def cache_block(session: Session, block: IdentityBlock, current: IdentityBlock | None) -> None:
    """Set the current block of an identity that this transaction has read; None for none."""
    cache, key = _cache(session), (block.tenant, block.identity)
    if key in cache:
        cache[key] = cache[key]._replace(block=current)


def _cache(session: Session) -> dict[IdentityKey, KnownIdentity]:
    cache: dict[IdentityKey, KnownIdentity] = session.info.setdefault("identities", {})
    return cache
