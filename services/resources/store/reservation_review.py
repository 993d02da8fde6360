"""The hourly look for old reservations: set going by a start, and by itself from then on."""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from services.resources.domain.scheduled_messages import REVIEW_KEY, ReservationsDue
from services.resources.store.assignment import take_assignment_lock
from shared.contracts import Causation
from shared.ids import named_id
from shared.messaging.after_commit import AfterCommit
from shared.messaging.unit_of_work import Transaction
from shared.scheduling.timer_store import TIMERS, schedule


def transaction_time(session: Session) -> datetime:
    """Return when the transaction began, by the database's clock."""
    began: datetime = session.execute(select(func.now())).scalar_one()
    return began


def schedule_reservation_review(session: Session) -> None:
    """Have old reservations looked for, unless that is due already. Done at every start."""
    take_assignment_lock(session)
    due = select(func.count()).where(TIMERS.c.type == ReservationsDue.type)
    if session.execute(due).scalar_one():
        return
    began = transaction_time(session)
    transaction = Transaction(session, began)
    id_ = named_id(REVIEW_KEY, str(began))
    schedule(transaction.unit_of_work(Causation(id_, id_, "")), began, ReservationsDue())
    transaction.finish(AfterCommit(REVIEW_KEY))
