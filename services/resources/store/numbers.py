"""The store of single numbers."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import fields
from operator import attrgetter
from typing import Any

from sqlalchemy import Row, Select, func, select, true
from sqlalchemy.orm import Session

from services.resources.domain.number.number import Number
from services.resources.domain.pool.resource import NumberKey
from services.resources.store.resource_tables import NUMBERS, REQUESTED_NUMBERS, number_arrays
from services.resources.store.stock import take_assignment_lock
from services.resources.tables import NumberRow, SegmentRow
from shared.persistence.bulk import update_rows

NAMES = tuple(field.name for field in fields(Number))
COLUMNS = [NUMBERS.c[name] for name in NAMES]
row_of = attrgetter(*NAMES)
IS_REQUESTED = (NUMBERS.c.tenant == REQUESTED_NUMBERS.c.tenant) & (
    NUMBERS.c.e164 == REQUESTED_NUMBERS.c.e164
)
SELECT_SKIP_LOCKED = (
    select(*COLUMNS)
    .join(REQUESTED_NUMBERS, IS_REQUESTED)
    .order_by(NUMBERS.c.tenant, NUMBERS.c.e164)
    .with_for_update(of=NUMBERS, skip_locked=True)
)
SELECT = select(*COLUMNS).join(REQUESTED_NUMBERS, IS_REQUESTED)
SELECT_FOR_UPDATE = SELECT.with_for_update(of=NUMBERS)

SEGMENT = (
    select(SegmentRow.quarantine_days)
    .where(
        SegmentRow.tenant == REQUESTED_NUMBERS.c.tenant,
        SegmentRow.first <= REQUESTED_NUMBERS.c.e164,
        SegmentRow.last >= REQUESTED_NUMBERS.c.e164,
        func.length(SegmentRow.first) == func.length(REQUESTED_NUMBERS.c.e164),
    )
    .order_by(SegmentRow.first.desc())
    .limit(1)
    .lateral("segment")
)
SELECT_QUARANTINE = select(
    REQUESTED_NUMBERS.c.tenant, REQUESTED_NUMBERS.c.e164, SEGMENT.c.quarantine_days
).join(SEGMENT, true())


def get_numbers_skip_locked(session: Session, keys: Iterable[NumberKey]) -> dict[NumberKey, Number]:
    """Return those of these numbers that no other transaction has locked, locked."""
    return {each.key: each for each in read_numbers(session, SELECT_SKIP_LOCKED, list(keys))}


def find_number_for_update(session: Session, key: NumberKey) -> Number | None:
    """Return one number, locked, or None without one; waits for other transactions."""
    take_assignment_lock(session)
    return next(iter(read_numbers(session, SELECT_FOR_UPDATE, [key])), None)


def find_number(session: Session, key: NumberKey) -> Number | None:
    """Return one number as it was last committed, without a lock; None if there is none."""
    return next(iter(read_numbers(session, SELECT, [key])), None)


def read_numbers(
    session: Session, statement: Select[Any], keys: Sequence[NumberKey]
) -> list[Number]:
    """Return the numbers that a statement selects."""
    rows = session.execute(statement, number_arrays(keys)) if keys else ()
    return [number_from_row(row) for row in rows]


def number_from_row(row: Row[Any]) -> Number:
    """Return the number of a row that has its fields in their order."""
    return Number(**dict(zip(NAMES, row, strict=True)))


def put_numbers(session: Session, numbers: Iterable[Number]) -> None:
    """Store changed numbers."""
    update_rows(session, NumberRow, NAMES, [row_of(each) for each in numbers], key_length=2)


def quarantine_days_of_segments(
    session: Session, numbers: Collection[NumberKey]
) -> dict[NumberKey, int]:
    """Return how long each of these numbers rests after its release, if its segment says so."""
    rows = session.execute(SELECT_QUARANTINE, number_arrays(numbers)) if numbers else ()
    return {(tenant, e164): days for tenant, e164, days in rows}
