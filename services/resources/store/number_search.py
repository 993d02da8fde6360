"""The search for idle numbers: every query uses an index and stops at its limit."""

from typing import Any

from sqlalchemy import ColumnElement, Select, func, select, true
from sqlalchemy.orm import Session

from services.resources.domain.number.number import Number
from services.resources.domain.number.search import NumberSearch
from services.resources.store.numbers import COLUMNS, NAMES, number_from_row
from services.resources.store.resource_tables import NUMBERS
from services.resources.tables import ExchangeRow, SegmentRow


def search_numbers(session: Session, search: NumberSearch) -> list[Number]:
    """Return matching idle numbers, a bounded list in a fixed order.

    By ending they come in the order of the index on reversed numbers; otherwise by exchange,
    plain ones first, lowest first.
    """
    query = select_by_ending(search) if search.pattern.tail else select_by_exchange(search)
    return [number_from_row(row) for row in session.execute(query)]


def existing_exchange_and_network(
    session: Session, tenant: str, exchange_id: str, local_network: str
) -> set[str]:
    """Return which of an exchange and a local network a tenant has."""
    known: set[str] = set()
    for column, name in (
        (ExchangeRow.id, exchange_id),
        (ExchangeRow.local_network, local_network),
    ):
        query = select(column).where(ExchangeRow.tenant == tenant, column == name).limit(1)
        known.update(session.scalars(query))
    return known


def select_by_ending(search: NumberSearch) -> Select[Any]:
    """Select by the last digits."""
    reversed_number = func.reverse(NUMBERS.c.e164)
    query = select_idle(search).where(
        reversed_number.startswith(search.pattern.tail[::-1], autoescape=True)
    )
    if search.exchange_id or search.local_network:
        query = query.where(NUMBERS.c.exchange_id.in_(select_exchanges(search)))
    return query.order_by(reversed_number).limit(search.limit)


def select_by_exchange(search: NumberSearch) -> Select[Any]:
    """Select exchange by exchange, up to the limit."""
    exchanges = select_exchanges(search).order_by(ExchangeRow.id).subquery("matching_exchanges")
    inside = (
        select_idle(search)
        .where(NUMBERS.c.exchange_id == exchanges.c.id, *pattern_conditions(search))
        .order_by(NUMBERS.c.grade, NUMBERS.c.e164)
        .limit(search.limit)
        .lateral("inside")
    )
    order = (exchanges.c.id, inside.c.grade, inside.c.e164)
    columns = [inside.c[name] for name in NAMES]
    query = select(*columns).select_from(exchanges.join(inside, true()))
    return query.order_by(*order).limit(search.limit)


def select_idle(search: NumberSearch) -> Select[Any]:
    """Select the tenant's idle numbers of the grade in the search."""
    query = select(*COLUMNS).where(NUMBERS.c.tenant == search.tenant, NUMBERS.c.idle)
    return query if search.grade is None else query.where(NUMBERS.c.grade == search.grade)


def pattern_conditions(search: NumberSearch) -> list[ColumnElement[bool]]:
    """Return the conditions of a pattern, except its ending."""
    head, _, middle = search.pattern
    begins = [NUMBERS.c.e164.startswith(head, autoescape=True)] if head else []
    return [*begins, *([NUMBERS.c.e164.contains(middle, autoescape=True)] if middle else [])]


def select_exchanges(search: NumberSearch) -> Select[Any]:
    """Select the exchanges whose numbers can match."""
    query = select(ExchangeRow.id).where(ExchangeRow.tenant == search.tenant)
    if search.exchange_id:
        query = query.where(ExchangeRow.id == search.exchange_id)
    if search.local_network:
        query = query.where(ExchangeRow.local_network == search.local_network)
    if head := search.pattern.head:
        highest = head.ljust(len("+") + 15, "9")
        begins = select(SegmentRow.exchange_id).where(
            SegmentRow.tenant == search.tenant,
            SegmentRow.first <= highest,
            SegmentRow.last >= head,
        )
        query = query.where(ExchangeRow.id.in_(begins))
    return query
