"""Where things stand that a message names, whoever has them."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import Select, Text, or_, select
from sqlalchemy.orm import Session

from services.resources.domain.takeover import Named, Standing
from services.resources.domain.things import Kind
from services.resources.store.assignment import take_seat
from services.resources.store.holdings import ITEM_COLUMNS, NUMBER_COLUMNS, item, number
from services.resources.store.rows import ITEMS, NUMBERS, bind, relation

WANT = relation(tenant=Text, kind=Text, pool=Text, value=Text)
NUMBERS_THERE = (
    select(*NUMBER_COLUMNS, NUMBERS.c.state, NUMBERS.c.order_id, NUMBERS.c.service_id)
    .join(WANT, (NUMBERS.c.tenant == WANT.c.tenant) & (NUMBERS.c.e164 == WANT.c.value))
    .where(WANT.c.kind == Kind.NUMBER.value)
    .order_by(NUMBERS.c.tenant, NUMBERS.c.e164)
    .with_for_update(of=NUMBERS)
)
ITEMS_THERE = (
    select(*ITEM_COLUMNS, ITEMS.c.state, ITEMS.c.order_id, ITEMS.c.service_id)
    .join(
        WANT,
        (ITEMS.c.tenant == WANT.c.tenant)
        & (ITEMS.c.kind == WANT.c.kind)
        & (ITEMS.c.value == WANT.c.value)
        & or_(WANT.c.pool == "", ITEMS.c.pool == WANT.c.pool),
    )
    .order_by(*ITEM_COLUMNS[:4])
    .with_for_update(of=ITEMS)
)


def standing(session: Session, names: Collection[Named]) -> list[Standing]:
    """Return where those of these things stand that there are, locked."""
    take_seat(session)
    numbers, items = (_rows(session, each, names) for each in (NUMBERS_THERE, ITEMS_THERE))
    return [
        *(Standing(number(*row[:4]), *row[4:]) for row in numbers),
        *(Standing(item(*row[:6]), *row[6:]) for row in items),
    ]


def _rows(session: Session, statement: Select[Any], names: Collection[Named]) -> list[Any]:
    return list(session.execute(statement, bind(Named._fields, names)))
