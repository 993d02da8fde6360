"""Writes facts: one statement for each table and batch, without a read before."""

from collections.abc import Collection, Iterable, Sequence
from functools import cache
from operator import attrgetter
from typing import Any
from uuid import UUID

from sqlalchemy import case, or_, select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.customer.domain.unified_view.order import (
    Assignment,
    HoldEvent,
    LatestPublishedState,
    Order,
    OrderOutcome,
)
from services.customer.domain.unified_view.product import Product, Service
from services.customer.store.columns import columns_for, field_names
from services.customer.tables import (
    AssignmentRow,
    HoldEventRow,
    OrderOutcomeRow,
    OrderRow,
    OrderStateRow,
    ProductRow,
    ServiceRow,
)
from shared.contracts import OrderState
from shared.persistence.bulk import (
    bind_arrays,
    insert_new_rows,
    table_of,
    unnest,
    update_rows,
    upsert_rows,
)
from shared.persistence.database import Base
from shared.persistence.statements import CompiledStatement

ORDER_FIELDS = field_names(Order)
TERM_FIELDS = ("order_id", "one_off_cents", "monthly_cents", "items")
STATE_FIELDS = field_names(LatestPublishedState)


def add_orders(session: Session, orders: Sequence[Order]) -> set[UUID]:
    """Insert orders that are not stored yet; return their ids."""
    rows = list(map(attrgetter(*ORDER_FIELDS), orders))
    return set(_insert_orders_statement().column(session, bind_arrays(ORDER_FIELDS, rows)))


def replace_terms(session: Session, orders: Sequence[Order]) -> None:
    """Replace the items and prices of orders that are stored as they were queued."""
    rows = [attrgetter(*TERM_FIELDS)(each) for each in orders]
    update_rows(session, OrderRow, TERM_FIELDS, rows)


def find_orders(session: Session, order_ids: Collection[UUID]) -> dict[UUID, Order]:
    """Return those of these orders that are stored, by id."""
    has_id = OrderRow.order_id.in_(order_ids)
    found = session.execute(select(*columns_for(OrderRow, Order)).where(has_id))
    return {row.order_id: Order(*row) for row in found}


def add_assignments(session: Session, assignments: Sequence[Assignment]) -> None:
    """Insert what resources holds for orders."""
    _insert(session, AssignmentRow, Assignment, assignments)


def add_hold_event(session: Session, event: HoldEvent) -> None:
    """Insert the event that a plan was held, or resumed; a trigger derives the order's state."""
    _insert(session, HoldEventRow, HoldEvent, [event])


def upsert_published_states(session: Session, states: Sequence[LatestPublishedState]) -> None:
    """Store the published state of each order, if none is stored that was published later.

    Each order may come once.
    """
    rows = list(map(attrgetter(*STATE_FIELDS), states))
    _upsert_states_statement().run(session, bind_arrays(STATE_FIELDS, rows))


def add_order_outcomes(session: Session, results: Sequence[OrderOutcome]) -> int:
    """Insert how orders ended, unless that is stored already; return how many were inserted."""
    return _insert(session, OrderOutcomeRow, OrderOutcome, results)


def find_final_states(session: Session, order_ids: Collection[UUID]) -> dict[UUID, OrderState]:
    """Return the final states of those of these orders that have ended, by id."""
    states = select(OrderOutcomeRow.order_id, OrderOutcomeRow.state).where(
        OrderOutcomeRow.order_id.in_(order_ids)
    )
    return {row.order_id: row.state for row in session.execute(states)}


def upsert_products(session: Session, products: Iterable[Product]) -> None:
    """Store a version of each product, if none is stored that is later.

    Each product may come once. An ended product stays ended.
    """
    _upsert_latest(session, ProductRow, field_names(Product), products)


def upsert_services(session: Session, services: Iterable[Service]) -> None:
    """Store a version of each service, if none is stored that is later.

    Each service may come once. An ended service stays ended.
    """
    _upsert_latest(session, ServiceRow, field_names(Service), services)


def end_products(session: Session, products: Collection[Product]) -> None:
    """Store that these products were disconnected, stored before or not."""
    rows = {each.product_id: (each.product_id, each.tenant, each.told_at) for each in products}
    names = ("product_id", "tenant", "ended_at")
    upsert_rows(session, ProductRow, names, list(rows.values()))


def end_services(session: Session, services: Collection[Service]) -> None:
    """Store that these services have ended, stored before or not."""
    rows = {each.service_id: (each.service_id, each.tenant, each.told_at) for each in services}
    names = ("service_id", "tenant", "ended_at")
    upsert_rows(session, ServiceRow, names, list(rows.values()))


def _insert(session: Session, table: type[Base], kind: type, things: Iterable[Any]) -> int:
    names = field_names(kind)
    return insert_new_rows(session, table, names, list(map(attrgetter(*names), things)))


@cache
def _insert_orders_statement() -> CompiledStatement:
    """Return the statement that inserts orders not stored yet, and returns their ids."""
    table = table_of(OrderRow)
    rows = select(unnest([table.c[name] for name in ORDER_FIELDS]))
    new = insert(table).from_select(ORDER_FIELDS, rows).on_conflict_do_nothing()
    return CompiledStatement(new.returning(table.c.order_id))


@cache
def _upsert_states_statement() -> CompiledStatement:
    """Return the statement that stores states with a higher sequence than the stored ones."""
    table = table_of(OrderStateRow)
    rows = unnest([table.c[name] for name in STATE_FIELDS])
    sorted_rows = select(rows).order_by(rows.c.order_id)
    statement = insert(table).from_select(STATE_FIELDS, sorted_rows)
    new = statement.excluded
    upsert = statement.on_conflict_do_update(
        index_elements=["order_id"],
        set_={name: new[name] for name in STATE_FIELDS[1:]},
        where=new.sequence > table.c.sequence,
    )
    return CompiledStatement(upsert)


def _upsert_latest(
    session: Session,
    table: type[Base],
    names: tuple[str, ...],
    versions: Iterable[Product | Service],
    keys: int = 1,
) -> None:
    rows = list(map(attrgetter(*names), versions))
    if rows:
        _upsert_latest_statement(table, names, keys).run(session, bind_arrays(names, rows))


def merged_column(name: str, new: Any, old: Any) -> Any:  # noqa: ANN401  columns
    """Return the new value of a column; an owner client is kept if the new one is empty."""
    value = new[name]
    return case((value == "", old[name]), else_=value) if name == "client" else value


@cache
def _upsert_latest_statement(
    kind: type[Base], names: tuple[str, ...], keys: int
) -> CompiledStatement:
    """Return the statement that inserts rows, or overwrites earlier versions.

    Rows are locked in the order of their keys.
    """
    table = table_of(kind)
    rows = unnest([table.c[name] for name in names])
    sorted_rows = select(rows).order_by(*(rows.c[name] for name in names[:keys]))
    statement = insert(table).from_select(names, sorted_rows)
    new, old = statement.excluded, table.c
    is_later = tuple_(new.told_at, new.told_by) > tuple_(old.told_at, old.told_by)
    upsert = statement.on_conflict_do_update(
        index_elements=names[:keys],
        set_={name: merged_column(name, new, old) for name in names[keys:]},
        where=or_(old.told_at.is_(None), is_later),
    )
    return CompiledStatement(upsert)
