"""Looking for idle numbers: every search goes along an index and stops at its limit."""

from typing import Any

from sqlalchemy import ColumnElement, Select, func, select, true
from sqlalchemy.orm import Session

from services.resources.domain.number.number import Number
from services.resources.domain.number.search import NumberSearch
from services.resources.store.array_parameters import NUMBERS
from services.resources.store.numbers import COLUMNS, NAMES, number_of
from services.resources.tables import ExchangeRow, SegmentRow


def search_numbers(session: Session, asked: NumberSearch) -> list[Number]:
    """Return idle numbers that are looked for, a bounded list in a fixed order.

    By ending they come in the order of the index that finds them, which reads numbers
    backwards; otherwise by exchange, plain ones first, lowest first.
    """
    found = select_by_ending(asked) if asked.pattern.tail else select_by_exchange(asked)
    return [number_of(row) for row in session.execute(found)]


def known_plant_names(
    session: Session, tenant: str, exchange_id: str, local_network: str
) -> set[str]:
    """Return which of an exchange and a local network a tenant has."""
    known: set[str] = set()
    for column, name in (
        (ExchangeRow.id, exchange_id),
        (ExchangeRow.local_network, local_network),
    ):
        named = select(column).where(ExchangeRow.tenant == tenant, column == name).limit(1)
        known.update(session.scalars(named))
    return known


def select_by_ending(asked: NumberSearch) -> Select[Any]:
    """Select by how numbers end."""
    backwards = func.reverse(NUMBERS.c.e164)
    found = select_idle(asked).where(
        backwards.startswith(asked.pattern.tail[::-1], autoescape=True)
    )
    if asked.exchange_id or asked.local_network:
        found = found.where(NUMBERS.c.exchange_id.in_(select_exchanges(asked)))
    return found.order_by(backwards).limit(asked.limit)


def select_by_exchange(asked: NumberSearch) -> Select[Any]:
    """Select exchange by exchange, as far as the limit goes."""
    homes = select_exchanges(asked).order_by(ExchangeRow.id).subquery("homes")
    inside = (
        select_idle(asked)
        .where(NUMBERS.c.exchange_id == homes.c.id, *pattern_conditions(asked))
        .order_by(NUMBERS.c.grade, NUMBERS.c.e164)
        .limit(asked.limit)
        .lateral("inside")
    )
    order = (homes.c.id, inside.c.grade, inside.c.e164)
    columns = [inside.c[name] for name in NAMES]
    found = select(*columns).select_from(homes.join(inside, true()))
    return found.order_by(*order).limit(asked.limit)


def select_idle(asked: NumberSearch) -> Select[Any]:
    """Select the tenant's idle numbers of the grade that is asked for."""
    found = select(*COLUMNS).where(NUMBERS.c.tenant == asked.tenant, NUMBERS.c.idle)
    return found if asked.grade is None else found.where(NUMBERS.c.grade == asked.grade)


def pattern_conditions(asked: NumberSearch) -> list[ColumnElement[bool]]:
    """Return what a number must match, besides its ending."""
    head, _, middle = asked.pattern
    begins = [NUMBERS.c.e164.startswith(head, autoescape=True)] if head else []
    return [*begins, *([NUMBERS.c.e164.contains(middle, autoescape=True)] if middle else [])]


def select_exchanges(asked: NumberSearch) -> Select[Any]:
    """Select the exchanges whose numbers may be meant."""
    found = select(ExchangeRow.id).where(ExchangeRow.tenant == asked.tenant)
    if asked.exchange_id:
        found = found.where(ExchangeRow.id == asked.exchange_id)
    if asked.local_network:
        found = found.where(ExchangeRow.local_network == asked.local_network)
    if head := asked.pattern.head:
        highest = head.ljust(len("+") + 15, "9")
        begins = select(SegmentRow.exchange_id).where(
            SegmentRow.tenant == asked.tenant,
            SegmentRow.first <= highest,
            SegmentRow.last >= head,
        )
        found = found.where(ExchangeRow.id.in_(begins))
    return found
