"""Who holds what: read, and written after a decision."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Select, Update, bindparam, func, or_, select, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from services.resources.domain.states import ItemState, NumberState
from services.resources.domain.things import Change, Holding, Kind, Pool, Thing
from services.resources.store.sources import ITEMS, NUMBERS
from services.resources.tables import ItemRow, NumberRow
from shared.bulk import update_rows
from shared.errors import CollisionError

ORDERS = bindparam("orders", type_=ARRAY(NUMBERS.c.order_id.type))
SERVICES = bindparam("services", type_=ARRAY(NUMBERS.c.service_id.type))
NUMBER_COLUMNS = (NUMBERS.c.tenant, NUMBERS.c.exchange_id, NUMBERS.c.grade, NUMBERS.c.e164)
ITEM_COLUMNS = (
    *(ITEMS.c.tenant, ITEMS.c.kind, ITEMS.c.pool),
    *(ITEMS.c.value, ITEMS.c.element, ITEMS.c.attributes),
)
HELD_NUMBERS = select(
    *NUMBER_COLUMNS, NUMBERS.c.state, NUMBERS.c.order_id, NUMBERS.c.service_id
).order_by(NUMBERS.c.tenant, NUMBERS.c.e164)
HELD_ITEMS = select(*ITEM_COLUMNS, ITEMS.c.state, ITEMS.c.order_id, ITEMS.c.service_id).order_by(
    *ITEM_COLUMNS[:4]
)


def by_holder(held: Select[Any], *, lock: bool) -> Select[Any]:
    """Return the statement that finds things by order or service."""
    table = held.get_final_froms()[0]
    mine = or_(table.c.order_id == func.any(ORDERS), table.c.service_id == func.any(SERVICES))
    found = held.where(mine)
    return found.with_for_update() if lock else found


LEND = (by_holder(HELD_NUMBERS, lock=True), by_holder(HELD_ITEMS, lock=True))
LOOK = (by_holder(HELD_NUMBERS, lock=False), by_holder(HELD_ITEMS, lock=False))


def held_by(
    session: Session, orders: Collection[UUID], services: Collection[UUID] = ()
) -> list[Holding]:
    """Return what these orders touched last and these services hold, locked."""
    return holdings(session, LEND, orders, services)


def look(session: Session, tenant: str, holder: UUID) -> list[Holding]:
    """Return what one order touched last or one service holds, to show it."""
    found = holdings(session, LOOK, (holder,), (holder,))
    return [each for each in found if each.thing.pool.tenant == tenant]


def holdings(
    session: Session,
    statements: tuple[Select[Any], Select[Any]],
    orders: Collection[UUID],
    services: Collection[UUID],
) -> list[Holding]:
    """Run both statements, and return what they find."""
    bound = {"orders": list(orders), "services": list(services)}
    numbers, items = (session.execute(each, bound) for each in statements)
    return [
        *(Holding(number(*row[:4]), *row[4:]) for row in numbers),
        *(Holding(item(*row[:6]), *row[6:]) for row in items),
    ]


def number(tenant: str, exchange_id: str, grade: str, e164: str) -> Thing:
    """Return a number as a thing."""
    return Thing(Pool(tenant, Kind.NUMBER, exchange_id, grade), e164)


def item(tenant: str, kind: Kind, pool: str, value: str, *more: Any) -> Thing:  # noqa: ANN401
    """Return a pool item as a thing."""
    return Thing(Pool(tenant, kind, pool), value, *more)


OCCUPY_NUMBERS: Update = (
    update(NUMBERS)
    .where(NUMBERS.c.order_id == func.any(ORDERS), NUMBERS.c.state == NumberState.RESERVED)
    .values(state=NumberState.IN_USE)
)
OCCUPY_ITEMS: Update = (
    update(ITEMS)
    .where(ITEMS.c.order_id == func.any(ORDERS), ITEMS.c.state == ItemState.RESERVED)
    .values(state=ItemState.IN_USE)
)
OCCUPIED_NUMBERS = OCCUPY_NUMBERS.returning(
    *NUMBER_COLUMNS, NUMBERS.c.order_id, NUMBERS.c.service_id
)
OCCUPIED_ITEMS = OCCUPY_ITEMS.returning(*ITEM_COLUMNS, ITEMS.c.order_id, ITEMS.c.service_id)


def occupy(session: Session, orders: Collection[UUID]) -> list[Change]:
    """Put in use what these orders have reserved; return what changed.

    One statement for each table and nothing read before: this is what happens to every
    order that goes well.
    """
    bound = {"orders": list(orders)}
    numbers, items = (session.execute(each, bound) for each in (OCCUPIED_NUMBERS, OCCUPIED_ITEMS))
    was, became = NumberState.RESERVED, NumberState.IN_USE
    reserved, in_use = ItemState.RESERVED, ItemState.IN_USE
    return [
        *(Change(number(*row[:4]), was, became, *row[4:]) for row in numbers),
        *(Change(item(*row[:6]), reserved, in_use, *row[6:]) for row in items),
    ]


NUMBER_NAMES = ("tenant", "e164", "state", "order_id", "service_id", "selected_by", "until")
ITEM_NAMES = ("tenant", "kind", "pool", "value", "state", "order_id", "service_id")


def write(session: Session, changes: Iterable[Change]) -> None:
    """Write down who holds what from now on; the things are locked already.

    Raises:
        CollisionError: if something is not there.
    """
    numbers: list[Sequence[Any]] = []
    items: list[Sequence[Any]] = []
    for each in changes:
        tenant, kind, pool, _ = each.thing.pool
        if kind is Kind.NUMBER:
            numbers.append((tenant, each.thing.value, each.became, *each.holder, None, each.until))
        else:
            items.append((tenant, kind, pool, each.thing.value, each.became, *each.holder))
    written = update_rows(session, NumberRow, NUMBER_NAMES, numbers, keys=2)
    written += update_rows(session, ItemRow, ITEM_NAMES, items, keys=4)
    if written != len(numbers) + len(items):
        msg = f"only {written} of {len(numbers) + len(items)} things were there"
        raise CollisionError(msg)
