"""Numbers that customers picked, read and locked by their exact value."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from services.resources.domain.allocation.allocation import PickedNumber
from services.resources.domain.pool.resource import NumberKey, Pool, Resource, ResourceKind
from services.resources.domain.pool.states import NumberState
from services.resources.store.array_parameters import NUMBERS, REQUESTED_NUMBERS, number_arrays
from services.resources.tables import ExchangeRow
from shared.persistence.bulk import table_of

EXCHANGES = table_of(ExchangeRow)
MAY_BE_PICKED = (NumberState.IDLE, NumberState.SELECTED)
IS_PICKABLE = (
    (NUMBERS.c.tenant == REQUESTED_NUMBERS.c.tenant)
    & (NUMBERS.c.e164 == REQUESTED_NUMBERS.c.e164)
    & NUMBERS.c.state.in_(MAY_BE_PICKED)
)
IS_EXCHANGE_OF = (EXCHANGES.c.tenant == NUMBERS.c.tenant) & (
    EXCHANGES.c.id == NUMBERS.c.exchange_id
)
SELECT_PICKABLE = select(NUMBERS.c.tenant, NUMBERS.c.e164).join(REQUESTED_NUMBERS, IS_PICKABLE)


def select_for_update(*, wait: bool) -> Select[Any]:
    """Return the statement that locks picked numbers; with `wait` it waits for locks."""
    return (
        select(
            *(NUMBERS.c.tenant, NUMBERS.c.e164, NUMBERS.c.exchange_id, NUMBERS.c.grade),
            *(EXCHANGES.c.local_network, NUMBERS.c.state, NUMBERS.c.selected_by, NUMBERS.c.until),
        )
        .join(REQUESTED_NUMBERS, IS_PICKABLE)
        .join(EXCHANGES, IS_EXCHANGE_OF)
        .order_by(NUMBERS.c.tenant, NUMBERS.c.e164)
        .with_for_update(of=NUMBERS, skip_locked=not wait)
    )


SKIPPING_LOCKED = select_for_update(wait=False)
WAITING_FOR_LOCKS = select_for_update(wait=True)


def lock_picked(
    session: Session, keys: Collection[NumberKey], *, wait: bool
) -> dict[NumberKey, PickedNumber]:
    """Lock those of these numbers that are idle or selected."""
    statement = WAITING_FOR_LOCKS if wait else SKIPPING_LOCKED
    rows = session.execute(statement, number_arrays(keys)) if keys else ()
    return {
        (tenant, e164): PickedNumber(
            Resource(Pool(tenant, ResourceKind.NUMBER, exchange, grade), e164), *rest
        )
        for tenant, e164, exchange, grade, *rest in rows
    }


def find_pickable(session: Session, keys: Collection[NumberKey]) -> set[NumberKey]:
    """Return which of these numbers are idle or selected now, locked or not."""
    rows = session.execute(SELECT_PICKABLE, number_arrays(keys)) if keys else ()
    return {(tenant, e164) for tenant, e164 in rows}
