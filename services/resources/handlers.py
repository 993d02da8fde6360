"""What the resources service does when it hears something."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from services.resources import store
from services.resources.domain.allocation.completion import may_release, release, undo
from services.resources.domain.allocation.requirements import AssignmentRequest
from services.resources.domain.allocation.reservation_question import (
    REVIEW_AFTER,
    REVIEW_INTERVAL,
    apply_answer,
    ask,
    unneeded_holdings,
)
from services.resources.domain.allocation.takeover import (
    changes_as_published,
    completed_without_change,
    earlier_holders,
    resource_names,
    statuses_after,
)
from services.resources.domain.number.number import RETRY_DELAY, Number, expire
from services.resources.domain.pool.resource import NumberKey, ResourceChange
from services.resources.domain.scheduled_messages import (
    HoldExpired,
    NumberMessage,
    QuarantineEnded,
    ReservationsDue,
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
from shared.errors import TooEarlyError
from shared.messaging import archive_reader
from shared.messaging.dispatcher import on, on_batch, subscribe
from shared.messaging.unit_of_work import UnitOfWork, UnitOfWorkBatch
from shared.persistence.history import TAKEN_OVER_REASON
from shared.recovery.takeover import Takeover
from shared.scheduling.timer_store import schedule


def on_assignment_requested(
    requests: Sequence[AssignmentRequested], works: UnitOfWorkBatch
) -> None:
    """Hold for each of these orders all that it needs, or nothing."""
    wanted = [
        AssignmentRequest(work.tenant, each)
        for work, each in zip(works.units, requests, strict=True)
    ]
    allocations = store.assign(works.session, wanted, works.now)
    for work, allocation in zip(works.units, allocations, strict=True):
        work.cause = replace(work.cause, local_network=allocation.local_network)
    if again := [allocation.answer.order_id for allocation in allocations if allocation.is_repeat]:
        store.reservation_questions.delete_of_orders(works.session, again)
    works.publish_each(allocation.answer for allocation in allocations)
    note_changes(
        (change for allocation in allocations for change in allocation.changes), requests, works
    )


def on_release_requested(requests: Sequence[ReleaseRequested], works: UnitOfWorkBatch) -> None:
    """Undo what these orders did."""
    changes = undo(
        store.get_holdings_for_update(works.session, [each.order_id for each in requests])
    )
    store.save_changes(works.session, changes)
    works.publish_each(ResourcesReleased(order_id=each.order_id) for each in requests)
    note_changes(changes, requests, works)


def on_service_completed(completed: Sequence[ServiceCompleted], works: UnitOfWorkBatch) -> None:
    """Take into use what these orders reserved, and free what they gave back.

    Raises:
        TooEarlyError: if one was never told that it has something: its request is read later.
    """
    changes = store.occupy(works.session, [each.order_id for each in completed])
    check_already_assigned(completed_without_change(completed, changes), works)
    if over := [each.order_id for each in completed if may_release(each)]:
        held = store.get_holdings_for_update(works.session, over)
        freed = release(held, store.quarantine_periods(works.session, held), works.now)
        store.save_changes(works.session, freed)
        changes += freed
    note_changes(changes, completed, works)


def check_already_assigned(completed: Sequence[ServiceCompleted], works: UnitOfWorkBatch) -> None:
    """See that orders which had nothing reserved were answered all the same.

    Raises:
        TooEarlyError: if one was not.
    """
    for each in completed:
        if not archive_reader.has_published(works.session, each.order_id, ResourcesAssigned):
            msg = f"order {each.order_id} is complete, and its request was not read yet"
            raise TooEarlyError(msg)


def on_number_due(messages: Sequence[NumberMessage], works: UnitOfWorkBatch) -> None:
    """Make idle those numbers whose hold or quarantine is over; look again at the busy ones."""
    pairs = zip(messages, works.units, strict=True)
    came = {(work.tenant, message.e164): (message, work) for message, work in pairs}
    free = store.get_numbers_skip_locked(works.session, came)
    expire_states(free, came, works)
    for message, work in (came[key] for key in came.keys() - free.keys()):
        schedule(work, works.now + RETRY_DELAY, message)


def expire_states(
    numbers: Mapping[NumberKey, Number],
    came: Mapping[NumberKey, tuple[NumberMessage, UnitOfWork]],
    works: UnitOfWorkBatch,
) -> None:
    """Make numbers idle whose time is over, and note by which message."""
    over = [after for key, number in numbers.items() if (after := expire(number, came[key][0]))]
    store.put_numbers(works.session, over)
    for after in over:
        message, work = came[after.key]
        was = numbers[after.key].state
        work.record_change("number", after.e164, was, after.state, reason=message.name)


def note_changes(
    changes: Iterable[ResourceChange], messages: Sequence[OrderMessage], works: UnitOfWorkBatch
) -> None:
    """Note what changed for which order, and remember when it ends by itself."""
    work_of = {each.order_id: work for each, work in zip(messages, works.units, strict=True)}
    for change in changes:
        work, kind, value = (
            work_of[change.order_id],
            change.resource.pool.kind,
            change.resource.value,
        )
        work.record_change(kind, value, change.was, change.became, part=str(change.order_id))
        if change.until:
            schedule(work, change.until, QuarantineEnded(e164=value, until=change.until))


def on_reservations_due(message: ReservationsDue, work: UnitOfWork) -> None:
    """Ask about reservations that are old, and look again in an hour."""
    store.reservation_questions.record_old(work.session, work.now - REVIEW_AFTER)
    for each in store.reservation_questions.get_due_for_update(work.session, work.now):
        question = ask(each, work.cause.id, work.now)
        store.reservation_questions.put(work.session, question)
        assert question.question_id
        cause = Causation(question.question_id, work.cause.correlation_id, each.tenant)
        work.transaction.unit_of_work(cause).publish(question.message)
    schedule(work, work.now + REVIEW_INTERVAL, message)


def on_reservation_answered(answer: ReservationAnswered, work: UnitOfWork) -> None:
    """Keep whether a plan answers for a reservation; give back what no plan does if people want."""
    left = unneeded_holdings(answer, store.get_holdings_for_update(work.session, [answer.order_id]))
    asked = store.reservation_questions.find(work.session, answer.order_id)
    known = apply_answer(asked, answer, leaves=bool(left), now=work.now) if asked else None
    if known is None:
        return
    if known.release_by:
        save_and_note(undo(left), f"released by {known.release_by}: {known.release_reason}", work)
        store.reservation_questions.delete_of_orders(work.session, [answer.order_id])
    else:
        store.reservation_questions.put(work.session, known)


def save_and_note(changes: Sequence[ResourceChange], reason: str, work: UnitOfWork) -> None:
    """Write changes down that no request of an order asks for, and note why they are made."""
    store.save_changes(work.session, changes)
    for each in changes:
        kind, value, order_id = each.resource.pool.kind, each.resource.value, str(each.order_id)
        work.record_change(kind, value, each.was, each.became, part=order_id, reason=reason)


def take_over_assigned(told: ResourcesAssigned, work: UnitOfWork) -> None:
    """Have an order hold what it was told to hold before the database was restored."""
    statuses = store.get_statuses_for_update(work.session, resource_names(work.tenant, told))
    freed = list(earlier_holders(told, statuses))
    save_and_note(freed, TAKEN_OVER_REASON, work)
    save_and_note(
        list(changes_as_published(told, statuses_after(statuses, freed))), TAKEN_OVER_REASON, work
    )


def take_over_released(told: ResourcesReleased, work: UnitOfWork) -> None:
    """Undo what an order did, as it was told before the database was restored."""
    save_and_note(
        undo(store.get_holdings_for_update(work.session, [told.order_id])), TAKEN_OVER_REASON, work
    )


SUBSCRIPTIONS = subscribe(
    on_batch(AssignmentRequested, on_assignment_requested),
    on_batch(ReleaseRequested, on_release_requested),
    on_batch(ServiceCompleted, on_service_completed),
    on_batch(HoldExpired, on_number_due),
    on_batch(QuarantineEnded, on_number_due),
    on(ReservationsDue, on_reservations_due),
    on(ReservationAnswered, on_reservation_answered),
)

TAKEOVER = Takeover(
    subscribe(
        on(ResourcesAssigned, take_over_assigned),
        on(ResourcesReleased, take_over_released),
    ),
    settling=(ResourcesAssigned, ResourcesRefused, ResourcesReleased),
)
"""What was told is not decided again: another thing would be given under the same id."""
