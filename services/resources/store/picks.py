"""Numbers that somebody picked, read and locked by their exact value."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Select, Text, select, tuple_
from sqlalchemy.orm import Session

from services.resources.domain.share import Pick
from services.resources.domain.states import NumberState
from services.resources.domain.things import Kind, NumberKey, Pool, Thing
from services.resources.store.sources import NUMBERS, relation
from services.resources.tables import ExchangeRow
from shared.bulk import table_of

EXCHANGES = table_of(ExchangeRow)
MAY_BE_PICKED = (NumberState.IDLE, NumberState.SELECTED)
WANT = relation(tenant=Text, e164=Text)
PICKABLE = (
    (NUMBERS.c.tenant == WANT.c.tenant)
    & (NUMBERS.c.e164 == WANT.c.e164)
    & NUMBERS.c.state.in_(MAY_BE_PICKED)
)
SEE = select(NUMBERS.c.tenant, NUMBERS.c.e164).join(WANT, PICKABLE)


def picks(*, patient: bool) -> Select[Any]:
    """Return the statement that locks picked numbers; a patient one waits for locks."""
    home = tuple_(NUMBERS.c.tenant, NUMBERS.c.exchange_id) == tuple_(
        EXCHANGES.c.tenant, EXCHANGES.c.id
    )
    return (
        select(
            *(NUMBERS.c.tenant, NUMBERS.c.e164, NUMBERS.c.exchange_id, NUMBERS.c.grade),
            *(EXCHANGES.c.local_network, NUMBERS.c.state, NUMBERS.c.selected_by, NUMBERS.c.until),
        )
        .join(WANT, PICKABLE)
        .join(EXCHANGES, home)
        .order_by(NUMBERS.c.tenant, NUMBERS.c.e164)
        .with_for_update(of=NUMBERS, skip_locked=not patient)
    )


TAKE = {patient: picks(patient=patient) for patient in (False, True)}


def take(session: Session, keys: Sequence[NumberKey], *, patient: bool) -> dict[NumberKey, Pick]:
    """Lock those of these numbers that are idle or selected."""
    rows = session.execute(TAKE[patient], bound(keys)) if keys else ()
    return {
        (tenant, e164): Pick(Thing(Pool(tenant, Kind.NUMBER, exchange, grade), e164), *rest)
        for tenant, e164, exchange, grade, *rest in rows
    }


def seen(session: Session, keys: Collection[NumberKey]) -> set[NumberKey]:
    """Return which of these numbers can be seen idle or selected now, locked or not."""
    return {tuple(row) for row in session.execute(SEE, bound(keys))} if keys else set()


def bound(keys: Collection[NumberKey]) -> dict[str, list[str]]:
    """Return what a statement on these numbers is bound to."""
    return {"tenant": [each[0] for each in keys], "e164": [each[1] for each in keys]}
