"""Old reservations: their hourly review, and the release of those that no plan needs."""

from uuid import UUID

from sqlalchemy.orm import Session

from services.resources import store
from services.resources.domain.allocation.reservation_review import (
    ReservationReview,
    check_reserved,
    with_new_question,
    with_release_request,
)
from services.resources.domain.scheduled_messages import REVIEW_KEY, ReservationReviewDue
from shared.contracts import Causation
from shared.ids import named_id
from shared.messaging.commit_context import CommitContext
from shared.messaging.unit_of_work import Transaction, UnitOfWork
from shared.persistence.database import transaction_time
from shared.scheduling.timer_store import is_scheduled, schedule


def request_release(order_id: UUID, by: str, reason: str, work: UnitOfWork) -> ReservationReview:
    """Ask whether a plan needs the reservation; the answer releases it if none does.

    Raises:
        NotFoundError: if nothing is reserved for a tenant's order of this id.
    """
    check_reserved(order_id, store.get_holdings(work.session, work.tenant, order_id))
    review = store.reservation_reviews.find_for_update(work.session, order_id)
    review = review or ReservationReview(order_id, work.tenant, since=work.now)
    review = with_new_question(with_release_request(review, by, reason), work.cause.id, work.now)
    store.reservation_reviews.put(work.session, review)
    work.record_change(
        "reservation", str(order_id), "", "release wanted", reason=f"by {by}: {reason}"
    )
    work.publish(review.message)
    work.audit("reservation.release", str(order_id), reason=reason)
    return review


def schedule_reservation_review(session: Session) -> None:
    """Schedule the review of old reservations, unless one is scheduled. Runs at every start.

    A start schedules the first review, each review the next.
    """
    store.take_assignment_lock(session)
    if is_scheduled(session, ReservationReviewDue):
        return
    started_at = transaction_time(session)
    transaction = Transaction(session, started_at)
    id_ = named_id(REVIEW_KEY, str(started_at))
    schedule(transaction.unit_of_work(Causation(id_, id_, "")), started_at, ReservationReviewDue())
    transaction.finish(CommitContext(REVIEW_KEY))
