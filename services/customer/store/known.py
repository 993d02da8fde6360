"""Reading all that is known of one customer: few statements, each bounded by an index."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from services.customer.domain.order import Assignment, Ending, Order, Stop
from services.customer.domain.party import Party
from services.customer.domain.product import Product, Service
from services.customer.domain.view import Known, Placed
from services.customer.store.parties import accounts_of
from services.customer.store.rows import columns_of
from services.customer.tables import (
    AssignmentRow,
    EndingRow,
    OrderRow,
    ProductRow,
    ServiceRow,
    StopRow,
)
from shared.access.grants import within
from shared.access.rule import Reach
from shared.persistence.list_window import Window

ORDER = columns_of(OrderRow, Order)
ENDING = columns_of(EndingRow, Ending)
ASSIGNMENT = columns_of(AssignmentRow, Assignment)
STOP = columns_of(StopRow, Stop)
PRODUCT = columns_of(ProductRow, Product)
SERVICE = columns_of(ServiceRow, Service)


def known(session: Session, reach: Reach, party: Party, most: int) -> Known:
    """Return what of one customer is within reach, at most so many things of each kind.

    Args:
        session: the session to read with.
        reach: whose things the caller may see.
        party: the customer.
        most: the longest that each list may get.
    """
    accounts = accounts_of(session, reach, party.party_id, Window(0, most + 1))
    placed = _placed(session, reach, party, most + 1)
    products = _products(session, reach, party, most + 1)
    lengths = {"accounts": len(accounts), "orders": len(placed), "products": len(products)}
    return Known(
        party,
        accounts[:most],
        placed[:most],
        products[:most],
        _services(session, set(_service_ids(placed[:most], products[:most]))),
        frozenset(name for name, length in lengths.items() if length > most),
    )


def _placed(session: Session, reach: Reach, party: Party, limit: int) -> list[Placed]:
    """Return the latest orders of a party, each with all that became of it."""
    statement = (
        select(*ORDER, *ENDING, *ASSIGNMENT)
        .outerjoin(EndingRow, EndingRow.order_id == OrderRow.order_id)
        .outerjoin(AssignmentRow, AssignmentRow.order_id == OrderRow.order_id)
        .where(OrderRow.tenant == party.tenant, OrderRow.party_id == party.party_id)
        .where(within(reach, OrderRow.client, OrderRow.party_id))
        .order_by(OrderRow.order_id.desc())
        .limit(limit)
    )
    rows = session.execute(statement).all()
    orders, endings = len(ORDER), len(ORDER) + len(ENDING)
    stops = _stops(session, [row[0] for row in rows])
    return [
        Placed(
            Order(*row[:orders]),
            Ending(*row[orders:endings]) if row[orders] else None,
            Assignment(*row[endings:]) if row[endings] else None,
            tuple(stops[row[0]]),
        )
        for row in rows
    ]


def _stops(session: Session, order_ids: Collection[UUID]) -> dict[UUID, list[Stop]]:
    stops: dict[UUID, list[Stop]] = defaultdict(list)
    told = (
        select(*STOP).where(StopRow.order_id.in_(order_ids)).order_by(StopRow.told_at, StopRow.id)
    )
    for row in session.execute(told):
        stop = Stop(*row)
        stops[stop.order_id].append(stop)
    return stops


def _products(session: Session, reach: Reach, party: Party, limit: int) -> list[Product]:
    """Return products within reach. Of one from before its client was told, its order's is it."""
    by_order = select(OrderRow.client).where(OrderRow.order_id == ProductRow.told_by)
    its = by_order.correlate(ProductRow).scalar_subquery()
    owner = func.coalesce(func.nullif(ProductRow.client, ""), its)
    held = (
        select(*PRODUCT)
        .where(
            ProductRow.tenant == party.tenant,
            ProductRow.party_id == party.party_id,
            ProductRow.ended_at.is_(None),
            within(reach, owner, ProductRow.party_id),
        )
        .order_by(ProductRow.product_id)
        .limit(limit)
    )
    return [Product(*row) for row in session.execute(held)]


def _service_ids(placed: Iterable[Placed], products: Iterable[Product]) -> Iterable[UUID]:
    for product in products:
        yield product.service_id
    for each in placed:
        if each.assignment and not each.ending:
            yield from (item.service_id for item in each.assignment.items)


def _services(session: Session, ids: Collection[UUID]) -> dict[UUID, Service | None]:
    """Return services by id, None for those that run no more."""
    rows = session.execute(
        select(*SERVICE, ServiceRow.ended_at).where(ServiceRow.service_id.in_(ids))
    )
    return {row[0]: None if row.ended_at else Service(*row[:-1]) for row in rows}
