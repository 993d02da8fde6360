"""Numbers, one by one: lent to be changed, and shown."""

from collections.abc import Iterable, Sequence
from dataclasses import fields
from datetime import timedelta
from operator import attrgetter
from typing import Any

from sqlalchemy import Row, Select, Text, func, select, true
from sqlalchemy.orm import Session

from services.resources.domain.number import Number
from services.resources.domain.states import NumberState
from services.resources.domain.things import Holding, NumberKey
from services.resources.store.assignment import take_seat
from services.resources.store.rows import NUMBERS, bind_numbers, relation
from services.resources.tables import NumberRow, SegmentRow
from shared.errors import NotFoundError
from shared.persistence.bulk import update_rows

NAMES = tuple(field.name for field in fields(Number))
COLUMNS = [NUMBERS.c[name] for name in NAMES]
row_of = attrgetter(*NAMES)
WANT = relation(tenant=Text, e164=Text)
THESE = (NUMBERS.c.tenant == WANT.c.tenant) & (NUMBERS.c.e164 == WANT.c.e164)
LEND = (
    select(*COLUMNS)
    .join(WANT, THESE)
    .order_by(NUMBERS.c.tenant, NUMBERS.c.e164)
    .with_for_update(of=NUMBERS, skip_locked=True)
)
LOOK = select(*COLUMNS).join(WANT, THESE)
WAIT = LOOK.with_for_update(of=NUMBERS)

SEGMENT = (
    select(SegmentRow.quarantine_days)
    .where(
        SegmentRow.tenant == WANT.c.tenant,
        SegmentRow.first <= WANT.c.e164,
        SegmentRow.last >= WANT.c.e164,
        func.length(SegmentRow.first) == func.length(WANT.c.e164),
    )
    .order_by(SegmentRow.first.desc())
    .limit(1)
    .lateral("segment")
)
RESTS = select(WANT.c.tenant, WANT.c.e164, SEGMENT.c.quarantine_days).join(SEGMENT, true())


def lend(session: Session, keys: Iterable[NumberKey]) -> dict[NumberKey, Number]:
    """Return those of these numbers that nobody else is working on, locked."""
    return {each.key: each for each in read(session, LEND, list(keys))}


def wait_for(session: Session, key: NumberKey) -> Number:
    """Return one number, locked, once nobody else is working on it.

    Raises:
        NotFoundError: if it is not in the inventory.
    """
    take_seat(session)
    return one(read(session, WAIT, [key]))


def look_up(session: Session, key: NumberKey) -> Number:
    """Return one number as it was last committed, to show it.

    Raises:
        NotFoundError: if it is not in the inventory.
    """
    return one(read(session, LOOK, [key]))


def one(found: Sequence[Number]) -> Number:
    """Return the number that was found.

    Raises:
        NotFoundError: if none was.
    """
    if not found:
        msg = "the inventory has no such number"
        raise NotFoundError(msg, remedy="search for numbers: /ops/v1/numbers?pattern=*888")
    return found[0]


def read(session: Session, statement: Select[Any], keys: Sequence[NumberKey]) -> list[Number]:
    """Return the numbers that a statement finds."""
    rows = session.execute(statement, bind_numbers(keys)) if keys else ()
    return [number_of(row) for row in rows]


def number_of(row: Row[Any]) -> Number:
    """Return a row that holds the fields of a number, in their order."""
    return Number(**dict(zip(NAMES, row, strict=True)))


def put(session: Session, numbers: Iterable[Number]) -> None:
    """Write numbers that were lent."""
    update_rows(session, NumberRow, NAMES, [row_of(each) for each in numbers], keys=2)


def rests(session: Session, holdings: Iterable[Holding]) -> dict[NumberKey, timedelta]:
    """Return how long each number among these rests when it is given back."""
    keys = [each.thing.number for each in holdings if each.state is NumberState.PENDING_RELEASE]
    rows = session.execute(RESTS, bind_numbers(keys)) if keys else ()
    return {(tenant, e164): timedelta(days=days) for tenant, e164, days in rows}
