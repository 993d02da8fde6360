"""Numbers, one by one: lent to be changed, and shown."""

from collections.abc import Iterable, Sequence
from dataclasses import fields
from datetime import timedelta
from operator import attrgetter
from typing import Any

from sqlalchemy import Row, Select, Text, func, select, true
from sqlalchemy.orm import Session

from services.resources.domain.number.number import Number
from services.resources.domain.pool.resource import Holding, NumberKey
from services.resources.domain.pool.states import NumberState
from services.resources.store.array_parameters import NUMBERS, bound_relation, number_arrays
from services.resources.store.assignment import take_assignment_lock
from services.resources.tables import NumberRow, SegmentRow
from shared.errors import NotFoundError
from shared.persistence.bulk import update_rows

NAMES = tuple(field.name for field in fields(Number))
COLUMNS = [NUMBERS.c[name] for name in NAMES]
row_of = attrgetter(*NAMES)
REQUESTED = bound_relation(tenant=Text, e164=Text)
IS_REQUESTED = (NUMBERS.c.tenant == REQUESTED.c.tenant) & (NUMBERS.c.e164 == REQUESTED.c.e164)
SELECT_SKIP_LOCKED = (
    select(*COLUMNS)
    .join(REQUESTED, IS_REQUESTED)
    .order_by(NUMBERS.c.tenant, NUMBERS.c.e164)
    .with_for_update(of=NUMBERS, skip_locked=True)
)
SELECT = select(*COLUMNS).join(REQUESTED, IS_REQUESTED)
SELECT_FOR_UPDATE = SELECT.with_for_update(of=NUMBERS)

SEGMENT = (
    select(SegmentRow.quarantine_days)
    .where(
        SegmentRow.tenant == REQUESTED.c.tenant,
        SegmentRow.first <= REQUESTED.c.e164,
        SegmentRow.last >= REQUESTED.c.e164,
        func.length(SegmentRow.first) == func.length(REQUESTED.c.e164),
    )
    .order_by(SegmentRow.first.desc())
    .limit(1)
    .lateral("segment")
)
SELECT_QUARANTINE = select(REQUESTED.c.tenant, REQUESTED.c.e164, SEGMENT.c.quarantine_days).join(
    SEGMENT, true()
)


def get_numbers_skip_locked(session: Session, keys: Iterable[NumberKey]) -> dict[NumberKey, Number]:
    """Return those of these numbers that nobody else is working on, locked."""
    return {each.key: each for each in read_numbers(session, SELECT_SKIP_LOCKED, list(keys))}


def get_number_for_update(session: Session, key: NumberKey) -> Number:
    """Return one number, locked, once nobody else is working on it.

    Raises:
        NotFoundError: if it is not in the inventory.
    """
    take_assignment_lock(session)
    return only_number(read_numbers(session, SELECT_FOR_UPDATE, [key]))


def get_number(session: Session, key: NumberKey) -> Number:
    """Return one number as it was last committed, to show it.

    Raises:
        NotFoundError: if it is not in the inventory.
    """
    return only_number(read_numbers(session, SELECT, [key]))


def only_number(found: Sequence[Number]) -> Number:
    """Return the number that was found.

    Raises:
        NotFoundError: if none was.
    """
    if not found:
        msg = "the inventory has no such number"
        raise NotFoundError(msg, remedy="search for numbers: /ops/v1/numbers?pattern=*888")
    return found[0]


def read_numbers(
    session: Session, statement: Select[Any], keys: Sequence[NumberKey]
) -> list[Number]:
    """Return the numbers that a statement finds."""
    rows = session.execute(statement, number_arrays(keys)) if keys else ()
    return [number_of(row) for row in rows]


def number_of(row: Row[Any]) -> Number:
    """Return a row that holds the fields of a number, in their order."""
    return Number(**dict(zip(NAMES, row, strict=True)))


def put_numbers(session: Session, numbers: Iterable[Number]) -> None:
    """Write numbers that were lent."""
    update_rows(session, NumberRow, NAMES, [row_of(each) for each in numbers], keys=2)


def quarantine_periods(session: Session, holdings: Iterable[Holding]) -> dict[NumberKey, timedelta]:
    """Return how long each number among these rests when it is given back."""
    keys = [
        each.resource.number_key for each in holdings if each.state is NumberState.PENDING_RELEASE
    ]
    rows = session.execute(SELECT_QUARANTINE, number_arrays(keys)) if keys else ()
    return {(tenant, e164): timedelta(days=days) for tenant, e164, days in rows}
