"""Holdings: read by holder, and written after a decision."""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Select, bindparam, func, or_, select, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from services.resources.domain.pool.kinds import NUMBER, ResourceTable
from services.resources.domain.pool.resource import Holding, Pool, Resource, ResourceChange
from services.resources.domain.pool.states import (
    NUMBER_TRANSITIONS,
    POOL_ITEM_TRANSITIONS,
    Transition,
)
from services.resources.store.resource_tables import ITEM_KEY, ITEMS, NUMBERS
from shared.persistence.bulk import check_all_written, to_arrays
from shared.persistence.statements import CompiledStatement

ORDERS = bindparam("orders", type_=ARRAY(NUMBERS.c.order_id.type))
SERVICES = bindparam("services", type_=ARRAY(NUMBERS.c.service_id.type))
NUMBER_COLUMNS = (NUMBERS.c.tenant, NUMBERS.c.exchange_id, NUMBERS.c.grade, NUMBERS.c.e164)
ITEM_COLUMNS = (*ITEM_KEY, ITEMS.c.element, ITEMS.c.attributes)
HELD_NUMBERS = select(
    *NUMBER_COLUMNS, NUMBERS.c.state, NUMBERS.c.order_id, NUMBERS.c.service_id
).order_by(NUMBERS.c.tenant, NUMBERS.c.e164)
HELD_ITEMS = select(*ITEM_COLUMNS, ITEMS.c.state, ITEMS.c.order_id, ITEMS.c.service_id).order_by(
    *ITEM_KEY
)


def select_by_holder(held: Select[Any], *, lock: bool) -> CompiledStatement:
    """Return the statement that selects resources by order or service."""
    table = held.get_final_froms()[0]
    is_held = or_(table.c.order_id == func.any(ORDERS), table.c.service_id == func.any(SERVICES))
    query = held.where(is_held)
    return CompiledStatement(query.with_for_update() if lock else query)


SELECT_FOR_UPDATE = (
    select_by_holder(HELD_NUMBERS, lock=True),
    select_by_holder(HELD_ITEMS, lock=True),
)
SELECT = (select_by_holder(HELD_NUMBERS, lock=False), select_by_holder(HELD_ITEMS, lock=False))


def get_holdings_for_update(
    session: Session, orders: Collection[UUID], services: Collection[UUID] = ()
) -> list[Holding]:
    """Return what these orders changed last and these services hold, locked."""
    return read_holdings(session, SELECT_FOR_UPDATE, orders, services)


def get_holdings(session: Session, tenant: str, holder: UUID) -> list[Holding]:
    """Return what one order changed last or one service holds, without locks."""
    found = read_holdings(session, SELECT, (holder,), (holder,))
    return [each for each in found if each.resource.pool.tenant == tenant]


def read_holdings(
    session: Session,
    statements: tuple[CompiledStatement, CompiledStatement],
    orders: Collection[UUID],
    services: Collection[UUID],
) -> list[Holding]:
    """Run both statements, and return the holdings they select."""
    bound = {"orders": list(orders), "services": list(services)}
    numbers, items = (each.rows(session, bound) for each in statements)
    return [
        *(Holding(number_resource(*row[:4]), *row[4:]) for row in numbers),
        *(Holding(item_resource(*row[:6]), *row[6:]) for row in items),
    ]


def number_resource(tenant: str, exchange_id: str, grade: str, e164: str) -> Resource:
    """Return a number as a resource."""
    return Resource(Pool(tenant, NUMBER.name, exchange_id, grade), e164)


def item_resource(tenant: str, kind: str, pool: str, value: str, *more: Any) -> Resource:  # noqa: ANN401
    """Return a pool item as a resource."""
    return Resource(Pool(tenant, kind, pool), value, *more)


OCCUPY = CompiledStatement(
    text("""
WITH number AS (
    UPDATE numbers SET state = :number_became
    WHERE order_id = ANY(CAST(:orders AS uuid[])) AND state = :number_was
    RETURNING tenant, exchange_id, grade, e164, order_id, service_id
), item AS (
    UPDATE pool_items SET state = :item_became
    WHERE order_id = ANY(CAST(:orders AS uuid[])) AND state = :item_was
    RETURNING tenant, kind, pool, value, order_id, service_id
)
SELECT tenant, CAST(:number AS text), exchange_id, grade, e164, order_id, service_id FROM number
UNION ALL
SELECT tenant, kind, pool, '', value, order_id, service_id FROM item
""")
)
((NUMBER_WAS, NUMBER_BECAME),) = NUMBER_TRANSITIONS[Transition.OCCUPY].items()
((ITEM_WAS, ITEM_BECAME),) = POOL_ITEM_TRANSITIONS[Transition.OCCUPY].items()
"""The same for all life cycles of pool items."""

OCCUPY_PARAMETERS = {
    "number": NUMBER.name,
    "number_was": NUMBER_WAS.value,
    "number_became": NUMBER_BECAME.value,
    "item_was": ITEM_WAS.value,
    "item_became": ITEM_BECAME.value,
}


def occupy(session: Session, orders: Collection[UUID]) -> list[ResourceChange]:
    """Take into use what these orders have reserved; return the changes.

    One statement, without a read before it: every order that succeeds runs it. Only the state
    changes, so that no index is touched.
    """
    changes = []
    for tenant, kind, name, grade, value, *holder in OCCUPY.rows(
        session, {"orders": list(orders), **OCCUPY_PARAMETERS}
    ):
        pool = Pool(tenant, kind, name, grade)
        is_number = pool.table is ResourceTable.NUMBERS
        was, became = (NUMBER_WAS, NUMBER_BECAME) if is_number else (ITEM_WAS, ITEM_BECAME)
        changes.append(ResourceChange(Resource(pool, value), was, became, *holder))
    return changes


WRITE = CompiledStatement(
    text("""
WITH number AS (
    UPDATE numbers SET state = new.state, order_id = new.holder, service_id = new.service,
                       selected_by = NULL, until = new.until
    FROM unnest(CAST(:n_tenant AS text[]), CAST(:n_value AS text[]), CAST(:n_state AS text[]),
                CAST(:n_order AS uuid[]), CAST(:n_service AS uuid[]),
                CAST(:n_until AS timestamptz[]))
         AS new (tenant, value, state, holder, service, until)
    WHERE numbers.tenant = new.tenant AND numbers.e164 = new.value
    RETURNING 1
), item AS (
    UPDATE pool_items SET state = new.state, order_id = new.holder, service_id = new.service,
                          until = new.until
    FROM unnest(CAST(:i_tenant AS text[]), CAST(:i_kind AS text[]), CAST(:i_pool AS text[]),
                CAST(:i_value AS text[]), CAST(:i_state AS text[]),
                CAST(:i_order AS uuid[]), CAST(:i_service AS uuid[]),
                CAST(:i_until AS timestamptz[]))
         AS new (tenant, kind, pool, value, state, holder, service, until)
    WHERE pool_items.tenant = new.tenant AND pool_items.kind = new.kind
      AND pool_items.pool = new.pool AND pool_items.value = new.value
    RETURNING 1
)
SELECT (SELECT count(*) FROM number) + (SELECT count(*) FROM item)
""")
)
NUMBER_PARAMETERS = ("n_tenant", "n_value", "n_state", "n_order", "n_service", "n_until")
ITEM_PARAMETERS = (
    *("i_tenant", "i_kind", "i_pool", "i_value"),
    *("i_state", "i_order", "i_service", "i_until"),
)


def save_changes(session: Session, changes: Collection[ResourceChange]) -> None:
    """Store the new states and holders; the rows are locked already.

    Raises:
        ConflictOnWriteError: if a row does not exist.
    """
    numbers: list[Sequence[Any]] = []
    items: list[Sequence[Any]] = []
    for each in changes:
        state = (each.became.value, *each.holder, each.until)
        if each.resource.pool.table is ResourceTable.NUMBERS:
            numbers.append((*each.resource.number_key, *state))
        else:
            items.append((*each.resource.name, *state))
    if not changes:
        return
    bound = to_arrays(NUMBER_PARAMETERS, numbers) | to_arrays(ITEM_PARAMETERS, items)
    check_all_written(WRITE.value(session, bound), len(changes))
