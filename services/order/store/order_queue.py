"""Reads and writes the orders that wait, and the products for which they wait.

The rows of a product change only while the product is locked by the transaction.
"""

from collections.abc import Collection, Iterable
from uuid import UUID

from sqlalchemy import bindparam, delete, exists, func, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from services.order.domain.acceptance.queued_order import QueuedOrder
from services.order.tables import AwaitedProductRow, QueuedOrderRow
from shared.persistence.bulk import insert_new_rows, table_of

AWAITED = table_of(AwaitedProductRow)
QUEUED = table_of(QueuedOrderRow)
IDS = bindparam("ids", type_=ARRAY(AWAITED.c.product_id.type))
AWAITED_AMONG = select(AWAITED.c.product_id).where(AWAITED.c.product_id == func.any(IDS)).distinct()
WAITING = (
    select(AWAITED.c.product_id, AWAITED.c.order_id)
    .where(AWAITED.c.product_id == func.any(IDS))
    .order_by(AWAITED.c.position)
)
FIRST_WAITING = (
    select(AWAITED.c.order_id)
    .where(AWAITED.c.product_id == bindparam("product"))
    .order_by(AWAITED.c.position)
    .limit(1)
)

LOCK_QUEUED = (
    select(QUEUED.c.order_id).where(QUEUED.c.order_id == bindparam("order")).with_for_update()
)


def add(session: Session, queued: QueuedOrder, product_ids: Iterable[UUID]) -> None:
    """Insert an order that waits for these products, behind those that wait already."""
    insert_new_rows(
        session,
        QueuedOrderRow,
        ("order_id", "is_tenant_wide", "requested"),
        [(queued.order_id, queued.is_tenant_wide, queued.requested)],
    )
    awaited = [(queued.order_id, each) for each in product_ids]
    insert_new_rows(session, AwaitedProductRow, ("order_id", "product_id"), awaited)


def preload(session: Session, product_ids: Collection[UUID]) -> None:
    """Read which of these products, which are locked, orders wait for."""
    if product_ids:
        found = session.scalars(AWAITED_AMONG, {"ids": list(product_ids)})
        _awaited_cache(session).update(
            dict.fromkeys(product_ids, False) | dict.fromkeys(found, True)
        )


def last_waiting(session: Session, product_ids: Collection[UUID]) -> dict[UUID, UUID]:
    """Return the orders that wait last, by the product for which they do."""
    if not product_ids:
        return {}
    rows = session.execute(WAITING, {"ids": list(product_ids)})
    return {row.product_id: row.order_id for row in rows}


def take_first(session: Session, product_id: UUID) -> UUID | None:
    """Return the order that waits first for a product, and no longer does; None without one.

    The order is locked until the transaction ends: if two transactions each take one of its last
    products, the later one sees that it waits no longer.
    """
    if not _awaited_cache(session).get(product_id, True):
        return None
    order_id = session.scalar(FIRST_WAITING, {"product": product_id})
    if order_id:
        session.execute(LOCK_QUEUED, {"order": order_id})
        is_first = AWAITED.c.product_id == product_id, AWAITED.c.order_id == order_id
        session.execute(delete(AWAITED).where(*is_first))
    return order_id


def waits(session: Session, order_id: UUID) -> bool:
    """Tell whether an order still waits for a product."""
    return bool(session.scalar(select(exists().where(AWAITED.c.order_id == order_id))))


def find_for_update(session: Session, order_id: UUID) -> QueuedOrder | None:
    """Return an order that is queued, locked until the transaction ends, or None."""
    columns = QUEUED.c.order_id, QUEUED.c.is_tenant_wide, QUEUED.c.requested
    of_order = select(*columns).where(QUEUED.c.order_id == order_id)
    row = session.execute(of_order.with_for_update()).first()
    return QueuedOrder(*row) if row else None


def remove(session: Session, order_id: UUID) -> None:
    """Delete an order that waits no longer."""
    session.execute(delete(AWAITED).where(AWAITED.c.order_id == order_id))
    session.execute(delete(QUEUED).where(QUEUED.c.order_id == order_id))


def _awaited_cache(session: Session) -> dict[UUID, bool]:
    cache: dict[UUID, bool] = session.info.setdefault("awaited_products", {})
    return cache
