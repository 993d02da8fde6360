"""Writing facts down: one statement for each table and batch, nothing read before."""

from collections.abc import Collection, Iterable, Sequence
from functools import cache
from operator import attrgetter
from typing import Any
from uuid import UUID

from sqlalchemy import case, or_, select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.customer.domain.order import Assignment, Ending, Order, Stop
from services.customer.domain.product import Product, Service
from services.customer.domain.repetition import must_be_the_same
from services.customer.domain.version import V, latest
from services.customer.store.rows import columns_of, names_of
from services.customer.tables import (
    AssignmentRow,
    EndingRow,
    OrderRow,
    ProductRow,
    ServiceRow,
    StopRow,
)
from shared.errors import PoisonError
from shared.persistence.bulk import bind, insert_rows, table_of, unnest, upsert_rows
from shared.persistence.database import Base
from shared.persistence.statements import Prepared

ORDER = names_of(Order)


def add_orders(session: Session, orders: Sequence[Order]) -> set[UUID]:
    """Write down orders that are new; return their ids.

    Raises:
        ConflictError: if one is known already, with other content.
    """
    rows = list(map(attrgetter(*ORDER), orders))
    new = set(_insert_orders().column(session, bind(ORDER, rows)))
    if len(new) < len(orders):
        these = OrderRow.order_id.in_([each.order_id for each in orders])
        found = session.execute(select(*columns_of(OrderRow, Order)).where(these))
        known = {row.order_id: Order(*row) for row in found}
        for each in orders:
            must_be_the_same(known[each.order_id], each)
    return new


def add_assignments(session: Session, assignments: Sequence[Assignment]) -> None:
    """Write down what orders hold."""
    _add(session, AssignmentRow, Assignment, assignments)


def add_stop(session: Session, stop: Stop) -> None:
    """Write down that a plan stopped, or goes on."""
    _add(session, StopRow, Stop, [stop])


def add_endings(session: Session, endings: Sequence[Ending]) -> None:
    """Write down how orders ended.

    Raises:
        PoisonError: if one has ended otherwise before: no order ends twice.
    """
    if _add(session, EndingRow, Ending, endings) < len(endings):
        states = select(EndingRow.order_id, EndingRow.state).where(
            EndingRow.order_id.in_([each.order_id for each in endings])
        )
        known = {row.order_id: row.state for row in session.execute(states)}
        for each in endings:
            if known[each.order_id] is not each.state:
                msg = f"order {each.order_id} is {known[each.order_id]}; it cannot be {each.state}"
                raise PoisonError(msg)


def keep_products(session: Session, products: Iterable[Product]) -> None:
    """Keep of each product what was told last. One that has ended stays so."""
    _keep_latest(session, ProductRow, names_of(Product), products)


def keep_services(session: Session, services: Iterable[Service]) -> None:
    """Keep of each service what was told last. One that has ended stays so."""
    _keep_latest(session, ServiceRow, names_of(Service), services)


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


def _add(session: Session, table: type[Base], kind: type, things: Iterable[Any]) -> int:
    names = names_of(kind)
    return insert_rows(session, table, names, list(map(attrgetter(*names), things)))


@cache
def _insert_orders() -> Prepared:
    """Return the statement that inserts orders that are not there yet, and tells their ids."""
    table = table_of(OrderRow)
    rows = select(unnest([table.c[name] for name in ORDER]))
    new = insert(table).from_select(ORDER, rows).on_conflict_do_nothing()
    return Prepared(new.returning(table.c.order_id))


def _keep_latest(
    session: Session,
    table: type[Base],
    names: tuple[str, ...],
    versions: Iterable[V],
    keys: int = 1,
) -> None:
    rows = list(map(attrgetter(*names), latest(versions)))
    if rows:
        _upsert_latest(table, names, keys).run(session, bind(names, rows))


def kept(name: str, new: Any, old: Any) -> Any:  # noqa: ANN401  columns
    """Return what a column becomes; whose a product is stays where it is not said again."""
    said = new[name]
    return case((said == "", old[name]), else_=said) if name == "client" else said


@cache
def _upsert_latest(kind: type[Base], names: tuple[str, ...], keys: int) -> Prepared:
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
        set_={name: kept(name, new, old) for name in names[keys:]},
        where=or_(old.told_at.is_(None), is_later),
    )
    return Prepared(upsert)
