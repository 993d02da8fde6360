"""The hourly look for old reservations: set going by a start, and by itself from then on."""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from services.resources.domain.reminders import RESERVATIONS, ReservationsDue
from services.resources.store.assignment import take_seat
from shared.contracts import Cause
from shared.ids import named_id
from shared.messaging.after_commit import Dispatch
from shared.messaging.unit_of_work import Transaction
from shared.scheduling.timer_store import TIMERS, remind


def now(session: Session) -> datetime:
    """Return when the transaction began, by the database's clock."""
    began: datetime = session.execute(select(func.now())).scalar_one()
    return began


def see_to_looking(session: Session) -> None:
    """Have old reservations looked for, unless that is due already. Done at every start."""
    take_seat(session)
    due = select(func.count()).where(TIMERS.c.type == ReservationsDue.type)
    if session.execute(due).scalar_one():
        return
    began = now(session)
    transaction = Transaction(session, began)
    id_ = named_id(RESERVATIONS, str(began))
    remind(transaction.work(Cause(id_, id_, "")), began, ReservationsDue())
    transaction.finish(Dispatch(RESERVATIONS))
