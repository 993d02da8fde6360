"""Numbers that somebody picked, read and locked by their exact value."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import Select, Text, select
from sqlalchemy.orm import Session

from services.resources.domain.share import Pick
from services.resources.domain.states import NumberState
from services.resources.domain.things import Kind, NumberKey, Pool, Thing
from services.resources.store.rows import NUMBERS, bind_numbers, relation
from services.resources.tables import ExchangeRow
from shared.persistence.bulk import table_of

EXCHANGES = table_of(ExchangeRow)
MAY_BE_PICKED = (NumberState.IDLE, NumberState.SELECTED)
WANT = relation(tenant=Text, e164=Text)
PICKABLE = (
    (NUMBERS.c.tenant == WANT.c.tenant)
    & (NUMBERS.c.e164 == WANT.c.e164)
    & NUMBERS.c.state.in_(MAY_BE_PICKED)
)
HOME = (EXCHANGES.c.tenant == NUMBERS.c.tenant) & (EXCHANGES.c.id == NUMBERS.c.exchange_id)
SEE = select(NUMBERS.c.tenant, NUMBERS.c.e164).join(WANT, PICKABLE)


def picks(*, patient: bool) -> Select[Any]:
    """Return the statement that locks picked numbers; a patient one waits for locks."""
    return (
        select(
            *(NUMBERS.c.tenant, NUMBERS.c.e164, NUMBERS.c.exchange_id, NUMBERS.c.grade),
            *(EXCHANGES.c.local_network, NUMBERS.c.state, NUMBERS.c.selected_by, NUMBERS.c.until),
        )
        .join(WANT, PICKABLE)
        .join(EXCHANGES, HOME)
        .order_by(NUMBERS.c.tenant, NUMBERS.c.e164)
        .with_for_update(of=NUMBERS, skip_locked=not patient)
    )


EAGER = picks(patient=False)
PATIENT = picks(patient=True)


def take(session: Session, keys: Collection[NumberKey], *, patient: bool) -> dict[NumberKey, Pick]:
    """Lock those of these numbers that are idle or selected."""
    statement = PATIENT if patient else EAGER
    rows = session.execute(statement, bind_numbers(keys)) if keys else ()
    return {
        (tenant, e164): Pick(Thing(Pool(tenant, Kind.NUMBER, exchange, grade), e164), *rest)
        for tenant, e164, exchange, grade, *rest in rows
    }


def seen(session: Session, keys: Collection[NumberKey]) -> set[NumberKey]:
    """Return which of these numbers can be seen idle or selected now, locked or not."""
    rows = session.execute(SEE, bind_numbers(keys)) if keys else ()
    return {(tenant, e164) for tenant, e164 in rows}
