"""Handlers of the messages that the resources service consumes."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from services.resources import store
from services.resources.commands.assignment import assign
from services.resources.commands.kinds import quarantine_periods_of
from services.resources.domain.allocation.assignment_request import AssignmentRequest
from services.resources.domain.allocation.order_end import (
    changes_of_undo,
    completed_without_reservation,
    given_up,
    holdings_to_undo,
    release,
)
from services.resources.domain.allocation.reservation_review import (
    REVIEW_AFTER,
    REVIEW_INTERVAL,
    review_after_answer,
    unneeded_holdings,
    with_new_question,
)
from services.resources.domain.allocation.takeover import (
    changes_as_published,
    changes_freeing_earlier_holders,
    resource_names,
    statuses_after,
)
from services.resources.domain.business_actions import may_release
from services.resources.domain.number.number import RETRY_DELAY, Number, idle_if_period_over
from services.resources.domain.pool.kinds import NUMBER
from services.resources.domain.pool.pool_item import PoolItem, free_if_quarantine_over
from services.resources.domain.pool.resource import NumberKey, ResourceChange, ResourceName
from services.resources.domain.scheduled_messages import (
    ItemQuarantineEnded,
    NumberMessage,
    QuarantineEnded,
    ReservationReviewDue,
    SelectionExpired,
    item_name,
    quarantine_ended,
)
from shared.contracts import (
    AssignmentRequested,
    Causation,
    OrderMessage,
    ReleaseRequested,
    ReservationAnswered,
    ResourcesAssigned,
    ResourcesRefused,
    ResourcesReleased,
    ServiceCompleted,
)
from shared.errors import EarlyMessageError
from shared.messaging import archive_reader
from shared.messaging.dispatcher import index_subscriptions, on, on_batch
from shared.messaging.unit_of_work import UnitOfWork, UnitOfWorkBatch
from shared.persistence.history import TAKEN_OVER_REASON
from shared.recovery.takeover import Takeover
from shared.scheduling.timer_store import schedule


def on_assignment_requested(
    requests: Sequence[AssignmentRequested], batch: UnitOfWorkBatch
) -> None:
    """Assign to each of these orders everything that it needs, or nothing."""
    assignments = [
        AssignmentRequest(work.tenant, each)
        for work, each in zip(batch.units, requests, strict=True)
    ]
    allocations = assign(batch.session, assignments, batch.now)
    for work, allocation in zip(batch.units, allocations, strict=True):
        work.cause = replace(work.cause, local_network=allocation.local_network)
    if repeated := [
        allocation.answer.order_id for allocation in allocations if allocation.is_repeat
    ]:
        store.reservation_reviews.delete_of_orders(batch.session, repeated)
    batch.publish_each(allocation.answer for allocation in allocations)
    record_changes(
        (change for allocation in allocations for change in allocation.changes), requests, batch
    )


def on_release_requested(requests: Sequence[ReleaseRequested], batch: UnitOfWorkBatch) -> None:
    """Undo the reservations and pre-releases of these orders."""
    held = store.get_holdings_for_update(batch.session, [each.order_id for each in requests])
    changes = changes_of_undo(holdings_to_undo(requests, held))
    store.save_changes(batch.session, changes)
    batch.publish_each(
        ResourcesReleased(order_id=each.order_id, request_id=each.request_id, held=each.held)
        for each in requests
    )
    record_changes(changes, requests, batch)


def on_service_completed(completed: Sequence[ServiceCompleted], batch: UnitOfWorkBatch) -> None:
    """Take into use what these orders reserved, and free what they pre-released.

    Raises:
        EarlyMessageError: if one has no published assignment: its request is consumed later.
    """
    changes = store.occupy(batch.session, [each.order_id for each in completed])
    check_already_assigned(completed_without_reservation(completed, changes), batch)
    if releasing := [each.order_id for each in completed if any(map(may_release, each.services))]:
        held = store.get_holdings_for_update(batch.session, releasing)
        freed = release(held, quarantine_periods_of(batch.session, given_up(held)), batch.now)
        store.save_changes(batch.session, freed)
        changes += freed
    record_changes(changes, completed, batch)


def check_already_assigned(completed: Sequence[ServiceCompleted], batch: UnitOfWorkBatch) -> None:
    """Check that orders which had nothing reserved have a published assignment.

    Raises:
        EarlyMessageError: if one has none.
    """
    for each in completed:
        if not archive_reader.has_published(batch.session, each.order_id, ResourcesAssigned):
            msg = f"order {each.order_id} is complete, and its request was not consumed yet"
            raise EarlyMessageError(msg)


def on_selection_or_quarantine_ended(
    messages: Sequence[NumberMessage], batch: UnitOfWorkBatch
) -> None:
    """Make numbers idle whose selection or quarantine is over; retry locked ones later."""
    pairs = zip(messages, batch.units, strict=True)
    due = {(work.tenant, message.e164): (message, work) for message, work in pairs}
    free = store.get_numbers_skip_locked(batch.session, due)
    expire_states(free, due, batch)
    for message, work in (due[key] for key in due.keys() - free.keys()):
        schedule(work, batch.now + RETRY_DELAY, message)


def expire_states(
    numbers: Mapping[NumberKey, Number],
    due: Mapping[NumberKey, tuple[NumberMessage, UnitOfWork]],
    batch: UnitOfWorkBatch,
) -> None:
    """Make expired numbers idle, and record by which message."""
    expired = [
        after
        for key, number in numbers.items()
        if (after := idle_if_period_over(number, due[key][0]))
    ]
    store.put_numbers(batch.session, expired)
    for after in expired:
        message, work = due[after.key]
        was = numbers[after.key].state
        work.record_change(NUMBER.name, after.e164, was, after.state, reason=message.name)


def on_item_quarantine_ended(
    messages: Sequence[ItemQuarantineEnded], batch: UnitOfWorkBatch
) -> None:
    """Make pool items free whose quarantine is over; retry locked ones later."""
    pairs = zip(messages, batch.units, strict=True)
    due = {item_name(work.tenant, message): (message, work) for message, work in pairs}
    items = store.get_items_skip_locked(batch.session, due)
    end_quarantines(items, due, batch)
    for message, work in (due[name] for name in due.keys() - items.keys()):
        schedule(work, batch.now + RETRY_DELAY, message)


def end_quarantines(
    items: Mapping[ResourceName, PoolItem],
    due: Mapping[ResourceName, tuple[ItemQuarantineEnded, UnitOfWork]],
    batch: UnitOfWorkBatch,
) -> None:
    """Make pool items free whose quarantine is over, and record by which message."""
    rested = [
        after
        for name, item in items.items()
        if (after := free_if_quarantine_over(item, due[name][0].until))
    ]
    store.update_item_states(batch.session, rested)
    for after in rested:
        name = after.resource.name
        message, work = due[name]
        work.record_change(
            name.kind, name.value, items[name].state, after.state, reason=message.name
        )


def record_changes(
    changes: Iterable[ResourceChange], messages: Sequence[OrderMessage], batch: UnitOfWorkBatch
) -> None:
    """Record the changes of each order, and schedule the end of quarantines."""
    work_of = {each.order_id: work for each, work in zip(messages, batch.units, strict=True)}
    for change in changes:
        work, name = work_of[change.order_id], change.resource.name
        work.record_change(
            name.kind, name.value, change.was, change.became, part=str(change.order_id)
        )
        if change.until:
            schedule(work, change.until, quarantine_ended(name, change.until))


def on_reservation_review_due(message: ReservationReviewDue, work: UnitOfWork) -> None:
    """Ask about old reservations, and schedule the next review in an hour."""
    before = work.now - REVIEW_AFTER
    store.reservation_reviews.refresh_old_reservations(work.session, before, ResourcesAssigned.type)
    for each in store.reservation_reviews.get_due_for_update(work.session, work.now):
        review = with_new_question(each, work.cause.id, work.now)
        store.reservation_reviews.put(work.session, review)
        assert review.question_id
        cause = Causation(review.question_id, work.cause.correlation_id, each.tenant)
        work.transaction.unit_of_work(cause).publish(review.message)
    schedule(work, work.now + REVIEW_INTERVAL, message)


def on_reservation_answered(answer: ReservationAnswered, work: UnitOfWork) -> None:
    """Store the answer about a reservation; release what no plan needs, if that was requested."""
    unneeded = unneeded_holdings(
        answer, store.get_holdings_for_update(work.session, [answer.order_id])
    )
    review = store.reservation_reviews.find_for_update(work.session, answer.order_id)
    answered = (
        review_after_answer(review, answer, has_unneeded=bool(unneeded), now=work.now)
        if review
        else None
    )
    if answered is None:
        return
    if answered.release_by:
        save_and_record(
            changes_of_undo(unneeded),
            f"released by {answered.release_by}: {answered.release_reason}",
            work,
        )
        store.reservation_reviews.delete_of_orders(work.session, [answer.order_id])
    else:
        store.reservation_reviews.put(work.session, answered)


def save_and_record(changes: Sequence[ResourceChange], reason: str, work: UnitOfWork) -> None:
    """Store changes that no request of an order asks for, and record their reason."""
    store.save_changes(work.session, changes)
    for each in changes:
        kind, value, order_id = each.resource.pool.kind, each.resource.value, str(each.order_id)
        work.record_change(kind, value, each.was, each.became, part=order_id, reason=reason)


def take_over_assigned(message: ResourcesAssigned, work: UnitOfWork) -> None:
    """Assign to an order what a message published before the restore."""
    statuses = store.get_statuses_for_update(work.session, resource_names(work.tenant, message))
    freed = list(changes_freeing_earlier_holders(message, statuses))
    save_and_record(freed, TAKEN_OVER_REASON, work)
    save_and_record(
        list(changes_as_published(message, statuses_after(statuses, freed))),
        TAKEN_OVER_REASON,
        work,
    )


def take_over_released(message: ResourcesReleased, work: UnitOfWork) -> None:
    """Undo an order, as a message published before the restore."""
    held = store.get_holdings_for_update(work.session, [message.order_id])
    save_and_record(changes_of_undo(holdings_to_undo([message], held)), TAKEN_OVER_REASON, work)


SUBSCRIPTIONS = index_subscriptions(
    on_batch(AssignmentRequested, on_assignment_requested),
    on_batch(ReleaseRequested, on_release_requested),
    on_batch(ServiceCompleted, on_service_completed),
    on_batch(SelectionExpired, on_selection_or_quarantine_ended),
    on_batch(QuarantineEnded, on_selection_or_quarantine_ended),
    on_batch(ItemQuarantineEnded, on_item_quarantine_ended),
    on(ReservationReviewDue, on_reservation_review_due),
    on(ReservationAnswered, on_reservation_answered),
)

TAKEOVER = Takeover(
    index_subscriptions(
        on(ResourcesAssigned, take_over_assigned),
        on(ResourcesReleased, take_over_released),
    ),
    settling=(ResourcesAssigned, ResourcesRefused, ResourcesReleased),
)
"""Published answers are not decided again: the same message id would carry other resources."""
