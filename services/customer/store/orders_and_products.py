"""Writing facts down: one statement for each table and batch, nothing read before."""

from collections.abc import Collection, Iterable, Sequence
from functools import cache
from operator import attrgetter
from typing import Any
from uuid import UUID

from sqlalchemy import case, or_, select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.customer.domain.unified_view.duplicate_order import check_same_content
from services.customer.domain.unified_view.order import Assignment, HoldEvent, Order, OrderResult
from services.customer.domain.unified_view.product import Product, Service
from services.customer.domain.unified_view.version import V, latest_versions
from services.customer.store.columns import columns_for, field_names
from services.customer.tables import (
    AssignmentRow,
    HoldEventRow,
    OrderResultRow,
    OrderRow,
    ProductRow,
    ServiceRow,
)
from shared.errors import PoisonError
from shared.persistence.bulk import bind_arrays, insert_rows, table_of, unnest, upsert_rows
from shared.persistence.database import Base
from shared.persistence.statements import CompiledStatement

ORDER_FIELDS = field_names(Order)


def add_orders(session: Session, orders: Sequence[Order]) -> set[UUID]:
    """Write down orders that are new; return their ids.

    Raises:
        ConflictError: if one is known already, with other content.
    """
    rows = list(map(attrgetter(*ORDER_FIELDS), orders))
    new = set(_insert_orders_statement().column(session, bind_arrays(ORDER_FIELDS, rows)))
    if len(new) < len(orders):
        these = OrderRow.order_id.in_([each.order_id for each in orders])
        found = session.execute(select(*columns_for(OrderRow, Order)).where(these))
        known = {row.order_id: Order(*row) for row in found}
        for each in orders:
            check_same_content(known[each.order_id], each)
    return new


def add_assignments(session: Session, assignments: Sequence[Assignment]) -> None:
    """Write down what orders hold."""
    _insert(session, AssignmentRow, Assignment, assignments)


def add_hold_event(session: Session, stop: HoldEvent) -> None:
    """Write down that a plan stopped, or goes on."""
    _insert(session, HoldEventRow, HoldEvent, [stop])


def add_order_results(session: Session, endings: Sequence[OrderResult]) -> None:
    """Write down how orders ended.

    Raises:
        PoisonError: if one has ended otherwise before: no order ends twice.
    """
    if _insert(session, OrderResultRow, OrderResult, endings) < len(endings):
        states = select(OrderResultRow.order_id, OrderResultRow.state).where(
            OrderResultRow.order_id.in_([each.order_id for each in endings])
        )
        known = {row.order_id: row.state for row in session.execute(states)}
        for each in endings:
            if known[each.order_id] is not each.state:
                msg = f"order {each.order_id} is {known[each.order_id]}; it cannot be {each.state}"
                raise PoisonError(msg)


def upsert_products(session: Session, products: Iterable[Product]) -> None:
    """Keep of each product what was told last. One that has ended stays so."""
    _upsert_latest(session, ProductRow, field_names(Product), products)


def upsert_services(session: Session, services: Iterable[Service]) -> None:
    """Keep of each service what was told last. One that has ended stays so."""
    _upsert_latest(session, ServiceRow, field_names(Service), services)


def end_products(session: Session, products: Collection[Product]) -> None:
    """Write down that these products were given up, known or not."""
    rows = {each.product_id: (each.product_id, each.tenant, each.told_at) for each in products}
    names = ("product_id", "tenant", "ended_at")
    upsert_rows(session, ProductRow, names, list(rows.values()))


def end_services(session: Session, services: Collection[Service]) -> None:
    """Write down that these services run no more, known or not."""
    rows = {each.service_id: (each.service_id, each.tenant, each.told_at) for each in services}
    names = ("service_id", "tenant", "ended_at")
    upsert_rows(session, ServiceRow, names, list(rows.values()))


def _insert(session: Session, table: type[Base], kind: type, things: Iterable[Any]) -> int:
    names = field_names(kind)
    return insert_rows(session, table, names, list(map(attrgetter(*names), things)))


@cache
def _insert_orders_statement() -> CompiledStatement:
    """Return the statement that inserts orders that are not there yet, and tells their ids."""
    table = table_of(OrderRow)
    rows = select(unnest([table.c[name] for name in ORDER_FIELDS]))
    new = insert(table).from_select(ORDER_FIELDS, rows).on_conflict_do_nothing()
    return CompiledStatement(new.returning(table.c.order_id))


def _upsert_latest(
    session: Session,
    table: type[Base],
    names: tuple[str, ...],
    versions: Iterable[V],
    keys: int = 1,
) -> None:
    rows = list(map(attrgetter(*names), latest_versions(versions)))
    if rows:
        _upsert_latest_statement(table, names, keys).run(session, bind_arrays(names, rows))


def merged_column(name: str, new: Any, old: Any) -> Any:  # noqa: ANN401  columns
    """Return what a column becomes; whose a product is stays where it is not said again."""
    said = new[name]
    return case((said == "", old[name]), else_=said) if name == "client" else said


@cache
def _upsert_latest_statement(
    kind: type[Base], names: tuple[str, ...], keys: int
) -> CompiledStatement:
    """Return the statement that inserts, or overwrites what was told earlier.

    Rows are locked in the order of their keys.
    """
    table = table_of(kind)
    rows = unnest([table.c[name] for name in names])
    in_turn = select(rows).order_by(*(rows.c[name] for name in names[:keys]))
    statement = insert(table).from_select(names, in_turn)
    new, old = statement.excluded, table.c
    is_later = tuple_(new.told_at, new.told_by) > tuple_(old.told_at, old.told_by)
    upsert = statement.on_conflict_do_update(
        index_elements=names[:keys],
        set_={name: merged_column(name, new, old) for name in names[keys:]},
        where=or_(old.told_at.is_(None), is_later),
    )
    return CompiledStatement(upsert)
