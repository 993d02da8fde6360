"""What the resources service does when it hears something."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from services.resources import store
from services.resources.domain.claim import Request
from services.resources.domain.ending import gives_back, release, undo
from services.resources.domain.number import LOOK_AGAIN, Number, end
from services.resources.domain.question import EVERY, OLD, ask, take_answer, unneeded
from services.resources.domain.reminders import (
    HoldExpired,
    NumberMessage,
    QuarantineEnded,
    ReservationsDue,
)
from services.resources.domain.takeover import (
    as_free,
    as_told,
    given_up,
    named,
    without_a_change,
)
from services.resources.domain.things import Change, NumberKey
from shared.contracts import (
    AssignmentRequested,
    Cause,
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
from shared.messaging.dispatcher import on, on_all, subscribe
from shared.messaging.unit_of_work import Work, Works
from shared.persistence.history import TAKEN_OVER
from shared.recovery.takeover import Takeover
from shared.scheduling.timer_store import remind


def on_assignment_requested(requests: Sequence[AssignmentRequested], works: Works) -> None:
    """Hold for each of these orders all that it needs, or nothing."""
    wanted = [Request(work.tenant, each) for work, each in zip(works.each, requests, strict=True)]
    shares = store.assign(works.session, wanted, works.now)
    for work, share in zip(works.each, shares, strict=True):
        work.cause = replace(work.cause, local_network=share.local_network)
    if again := [share.answer.order_id for share in shares if share.is_again]:
        store.questions.forget(works.session, again)
    works.answer(share.answer for share in shares)
    tell_history((change for share in shares for change in share.changes), requests, works)


def on_release_requested(requests: Sequence[ReleaseRequested], works: Works) -> None:
    """Undo what these orders did."""
    changes = undo(store.held_by(works.session, [each.order_id for each in requests]))
    store.write(works.session, changes)
    works.answer(ResourcesReleased(order_id=each.order_id) for each in requests)
    tell_history(changes, requests, works)


def on_service_completed(completed: Sequence[ServiceCompleted], works: Works) -> None:
    """Take into use what these orders reserved, and free what they gave back.

    Raises:
        TooEarlyError: if one was never told that it has something: its request is read later.
    """
    changes = store.occupy(works.session, [each.order_id for each in completed])
    see_that_they_have_asked(without_a_change(completed, changes), works)
    if over := [each.order_id for each in completed if gives_back(each)]:
        held = store.held_by(works.session, over)
        freed = release(held, store.rests(works.session, held), works.now)
        store.write(works.session, freed)
        changes += freed
    tell_history(changes, completed, works)


def see_that_they_have_asked(completed: Sequence[ServiceCompleted], works: Works) -> None:
    """See that orders which had nothing reserved were answered all the same.

    Raises:
        TooEarlyError: if one was not.
    """
    for each in completed:
        if not archive_reader.has_told(works.session, each.order_id, ResourcesAssigned):
            msg = f"order {each.order_id} is complete, and its request was not read yet"
            raise TooEarlyError(msg)


def on_number_due(messages: Sequence[NumberMessage], works: Works) -> None:
    """Make idle those numbers whose hold or quarantine is over; look again at the busy ones."""
    pairs = zip(messages, works.each, strict=True)
    came = {(work.tenant, message.e164): (message, work) for message, work in pairs}
    free = store.lend(works.session, came)
    make_idle(free, came, works)
    for message, work in (came[key] for key in came.keys() - free.keys()):
        remind(work, works.now + LOOK_AGAIN, message)


def make_idle(
    numbers: Mapping[NumberKey, Number],
    came: Mapping[NumberKey, tuple[NumberMessage, Work]],
    works: Works,
) -> None:
    """Make numbers idle whose time is over, and note by which message."""
    over = [after for key, number in numbers.items() if (after := end(number, came[key][0]))]
    store.put(works.session, over)
    for after in over:
        message, work = came[after.key]
        was = numbers[after.key].state
        work.note("number", after.e164, was, after.state, reason=message.name)


def tell_history(changes: Iterable[Change], messages: Sequence[OrderMessage], works: Works) -> None:
    """Note what changed for which order, and remember when it ends by itself."""
    work_of = {each.order_id: work for each, work in zip(messages, works.each, strict=True)}
    for change in changes:
        work, kind, value = work_of[change.order_id], change.thing.pool.kind, change.thing.value
        work.note(kind, value, change.was, change.became, part=str(change.order_id))
        if change.until:
            remind(work, change.until, QuarantineEnded(e164=value, until=change.until))


def on_reservations_due(message: ReservationsDue, work: Work) -> None:
    """Ask about reservations that are old, and look again in an hour."""
    store.questions.look_for_old(work.session, work.now - OLD)
    for each in store.questions.to_ask(work.session, work.now):
        question = ask(each, work.cause.id, work.now)
        store.questions.put(work.session, question)
        assert question.question_id
        cause = Cause(question.question_id, work.cause.correlation_id, each.tenant)
        work.transaction.work(cause).emit(question.message)
    remind(work, work.now + EVERY, message)


def on_answered(answer: ReservationAnswered, work: Work) -> None:
    """Keep whether a plan answers for a reservation; give back what no plan does if people want."""
    left = unneeded(answer, store.held_by(work.session, [answer.order_id]))
    asked = store.questions.find(work.session, answer.order_id)
    known = take_answer(asked, answer, leaves=bool(left), now=work.now) if asked else None
    if known is None:
        return
    if known.release_by:
        write_noted(undo(left), f"released by {known.release_by}: {known.release_reason}", work)
        store.questions.forget(work.session, [answer.order_id])
    else:
        store.questions.put(work.session, known)


def write_noted(changes: Sequence[Change], reason: str, work: Work) -> None:
    """Write changes down that no request of an order asks for, and note why they are made."""
    store.write(work.session, changes)
    for each in changes:
        kind, value, order_id = each.thing.pool.kind, each.thing.value, str(each.order_id)
        work.note(kind, value, each.was, each.became, part=order_id, reason=reason)


def take_over_assigned(told: ResourcesAssigned, work: Work) -> None:
    """Have an order hold what it was told to hold before the database was restored."""
    standing = store.standing(work.session, named(work.tenant, told))
    freed = list(given_up(told, standing))
    write_noted(freed, TAKEN_OVER, work)
    write_noted(list(as_told(told, as_free(standing, freed))), TAKEN_OVER, work)


def take_over_released(told: ResourcesReleased, work: Work) -> None:
    """Undo what an order did, as it was told before the database was restored."""
    write_noted(undo(store.held_by(work.session, [told.order_id])), TAKEN_OVER, work)


SUBSCRIPTIONS = subscribe(
    on_all(AssignmentRequested, on_assignment_requested),
    on_all(ReleaseRequested, on_release_requested),
    on_all(ServiceCompleted, on_service_completed),
    on_all(HoldExpired, on_number_due),
    on_all(QuarantineEnded, on_number_due),
    on(ReservationsDue, on_reservations_due),
    on(ReservationAnswered, on_answered),
)

TAKEOVER = Takeover(
    subscribe(
        on(ResourcesAssigned, take_over_assigned),
        on(ResourcesReleased, take_over_released),
    ),
    settles=(ResourcesAssigned, ResourcesRefused, ResourcesReleased),
)
"""What was told is not decided again: another thing would be given under the same id."""
