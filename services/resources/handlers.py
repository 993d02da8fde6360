"""What the resources service does when it hears something."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from services.resources import store
from services.resources.domain.claim import Request
from services.resources.domain.ending import gives_back, release, undo
from services.resources.domain.number import LOOK_AGAIN, Number, end
from services.resources.domain.reminders import HoldExpired, NumberMessage, QuarantineEnded
from services.resources.domain.things import Change, NumberKey
from shared.contracts import (
    AssignmentRequested,
    OrderMessage,
    ReleaseRequested,
    ResourcesReleased,
    ServiceCompleted,
)
from shared.inbox import on_all, subscribe
from shared.work import Work, Works


def on_assignment_requested(requests: Sequence[AssignmentRequested], works: Works) -> None:
    """Hold for each of these orders all that it needs, or nothing."""
    wanted = [Request(work.tenant, each) for work, each in zip(works.each, requests, strict=True)]
    shares = store.assign(works.session, wanted, works.now)
    for work, share in zip(works.each, shares, strict=True):
        work.cause = replace(work.cause, local_network=share.local_network)
    works.answer(share.answer for share in shares)
    tell_history((change for share in shares for change in share.changes), requests, works)


def on_release_requested(requests: Sequence[ReleaseRequested], works: Works) -> None:
    """Undo what these orders did."""
    changes = undo(store.held_by(works.session, [each.order_id for each in requests]))
    store.write(works.session, changes)
    works.answer(ResourcesReleased(order_id=each.order_id) for each in requests)
    tell_history(changes, requests, works)


def on_service_completed(completed: Sequence[ServiceCompleted], works: Works) -> None:
    """Take into use what these orders reserved, and free what they gave back."""
    changes = store.occupy(works.session, [each.order_id for each in completed])
    if over := [each.order_id for each in completed if gives_back(each)]:
        held = store.held_by(works.session, over)
        freed = release(held, store.rests(works.session, held), works.now)
        store.write(works.session, freed)
        changes += freed
    tell_history(changes, completed, works)


def on_number_due(messages: Sequence[NumberMessage], works: Works) -> None:
    """Make idle those numbers whose hold or quarantine is over; look again at the busy ones."""
    pairs = zip(messages, works.each, strict=True)
    came = {(work.tenant, message.e164): (message, work) for message, work in pairs}
    free = store.lend(works.session, came)
    make_idle(free, came, works)
    for message, work in (came[key] for key in came.keys() - free.keys()):
        work.remind(works.now + LOOK_AGAIN, message)


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
            work.remind(change.until, QuarantineEnded(e164=value, until=change.until))


SUBSCRIPTIONS = subscribe(
    on_all(AssignmentRequested, on_assignment_requested),
    on_all(ReleaseRequested, on_release_requested),
    on_all(ServiceCompleted, on_service_completed),
    on_all(HoldExpired, on_number_due),
    on_all(QuarantineEnded, on_number_due),
)
