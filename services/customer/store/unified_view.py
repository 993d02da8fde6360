"""Reads the facts about one customer: few statements, each bounded by an index."""

from collections.abc import Collection, Iterable, Iterator
from itertools import islice
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from services.customer.domain.parties.party import Party
from services.customer.domain.unified_view.order import (
    Assignment,
    LatestPublishedState,
    Order,
    OrderOutcome,
)
from services.customer.domain.unified_view.product import Product, Service
from services.customer.domain.unified_view.view import CustomerFacts, OrderFacts
from services.customer.store.columns import columns_for
from services.customer.store.parties import find_account_ids
from services.customer.tables import (
    AssignmentRow,
    OrderOutcomeRow,
    OrderRow,
    OrderStateRow,
    ProductRow,
    ServiceRow,
)
from shared.access.access_rule import DataScope
from shared.access.grants import access_condition
from shared.persistence.pagination import Window

ORDER_COLUMNS = columns_for(OrderRow, Order)
OUTCOME_COLUMNS = columns_for(OrderOutcomeRow, OrderOutcome)
ASSIGNMENT_COLUMNS = columns_for(AssignmentRow, Assignment)
STATE_COLUMNS = columns_for(OrderStateRow, LatestPublishedState)
PRODUCT_COLUMNS = columns_for(ProductRow, Product)
SERVICE_COLUMNS = columns_for(ServiceRow, Service)


def get_customer_facts(
    session: Session, data_scope: DataScope, party: Party, most: int
) -> CustomerFacts:
    """Return the facts about one customer in the data scope.

    Args:
        session: the session to read with.
        data_scope: the data that the caller may see.
        party: the customer.
        most: the most entries of each list.
    """
    accounts = find_account_ids(session, data_scope, party.party_id, Window(0, most + 1))
    orders = _find_order_facts(session, data_scope, party, most + 1)
    products = _products(session, data_scope, party, most + 1)
    lengths = {"accounts": len(accounts), "orders": len(orders), "products": len(products)}
    return CustomerFacts(
        party,
        accounts[:most],
        orders[:most],
        products[:most],
        _services(session, set(_service_ids(orders[:most], products[:most]))),
        frozenset(name for name, length in lengths.items() if length > most),
    )


def _find_order_facts(
    session: Session, data_scope: DataScope, party: Party, limit: int
) -> list[OrderFacts]:
    """Return the latest orders of a party, each with all facts about it."""
    statement = (
        select(*ORDER_COLUMNS, *OUTCOME_COLUMNS, *ASSIGNMENT_COLUMNS, *STATE_COLUMNS)
        .outerjoin(OrderOutcomeRow, OrderOutcomeRow.order_id == OrderRow.order_id)
        .outerjoin(AssignmentRow, AssignmentRow.order_id == OrderRow.order_id)
        .outerjoin(OrderStateRow, OrderStateRow.order_id == OrderRow.order_id)
        .where(OrderRow.tenant == party.tenant, OrderRow.party_id == party.party_id)
        .where(access_condition(data_scope, OrderRow.client, OrderRow.party_id))
        .order_by(OrderRow.order_id.desc())
        .limit(limit)
    )
    return [_order_facts_from_row(iter(row)) for row in session.execute(statement)]


def _order_facts_from_row(values: Iterator[Any]) -> OrderFacts:
    """Return an order with the facts about it, from the values of its row."""
    order = Order(*islice(values, len(ORDER_COLUMNS)))
    result = list(islice(values, len(OUTCOME_COLUMNS)))
    assignment = list(islice(values, len(ASSIGNMENT_COLUMNS)))
    published = list(values)
    return OrderFacts(
        order,
        OrderOutcome(*result) if result[0] else None,
        Assignment(*assignment) if assignment[0] else None,
        LatestPublishedState(*published) if published[0] else None,
    )


def _products(session: Session, data_scope: DataScope, party: Party, limit: int) -> list[Product]:
    """Return products in the data scope. A product without a client has that of its order."""
    by_order = select(OrderRow.client).where(OrderRow.order_id == ProductRow.told_by)
    client_of_order = by_order.correlate(ProductRow).scalar_subquery()
    owner = func.coalesce(func.nullif(ProductRow.client, ""), client_of_order)
    held = (
        select(*PRODUCT_COLUMNS)
        .where(
            ProductRow.tenant == party.tenant,
            ProductRow.party_id == party.party_id,
            ProductRow.ended_at.is_(None),
            access_condition(data_scope, owner, ProductRow.party_id),
        )
        .order_by(ProductRow.product_id)
        .limit(limit)
    )
    return [Product(*row) for row in session.execute(held)]


def _service_ids(orders: Iterable[OrderFacts], products: Iterable[Product]) -> Iterable[UUID]:
    for product in products:
        yield product.service_id
    for each in orders:
        if each.assignment and not each.outcome:
            yield from (item.service_id for item in each.assignment.items)


def _services(session: Session, ids: Collection[UUID]) -> dict[UUID, Service | None]:
    """Return services by id, None for those that have ended."""
    rows = session.execute(
        select(*SERVICE_COLUMNS, ServiceRow.ended_at).where(ServiceRow.service_id.in_(ids))
    )
    return {row[0]: None if row.ended_at else Service(*row[:-1]) for row in rows}
