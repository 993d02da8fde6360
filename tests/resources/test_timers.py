"""Timers of the resources service: the end of a client's hold, and of a quarantine."""

from datetime import timedelta

from sqlalchemy import func, select, text

from services.resources import store
from services.resources.commands.numbers import require_number
from services.resources.domain.number.number import HOLD_TIME, RETRY_DELAY
from services.resources.domain.number.number import select as select_number
from services.resources.domain.scheduled_messages import QuarantineEnded, SelectionExpired
from shared.contracts import Action
from shared.persistence.database import Sessions
from shared.scheduling.timer_store import TimerRow
from tests.conftest import NOON
from tests.kernel import TENANT, dead_letter_rows, history
from tests.resources.builders import (
    a_release_request,
    a_segment,
    an_assignment_request,
    assigned_values,
    completed,
    e164,
    handle,
    import_plant,
    latest_messages,
    order_id,
    scheduled_messages,
    states,
)

QUARANTINE = timedelta(days=90)


def held(sessions: Sessions, place: int = 0) -> SelectionExpired:
    """Let a client select a number; return the scheduled message of its end."""
    with sessions.begin() as session:
        idle = require_number(store.find_number_for_update(session, (TENANT, e164(place))))
        number = select_number(idle, "crm", NOON)
        store.put_numbers(session, [number])
    return SelectionExpired(e164=e164(place), until=NOON + HOLD_TIME)


def test_a_hold_that_is_over_leaves_the_number_idle(sessions: Sessions) -> None:
    import_plant(sessions)
    selection_expired = held(sessions)

    handle(sessions, selection_expired, now=NOON + HOLD_TIME)

    assert states(sessions) == {}
    assert history(sessions) == [("number", "", "selected", "idle")]


def test_the_end_of_a_hold_does_not_end_a_later_hold(sessions: Sessions) -> None:
    import_plant(sessions)
    selection_expired = held(sessions)

    handle(
        sessions,
        SelectionExpired(e164=e164(0), until=selection_expired.until - timedelta(seconds=1)),
    )

    assert states(sessions) == {e164(0): "selected"}


def test_a_hold_that_became_an_order_does_not_expire(sessions: Sessions) -> None:
    import_plant(sessions, segments=[a_segment(count=1)])
    selection_expired = held(sessions)
    pick = an_assignment_request(1).items[0].needs[0].__class__(kind="number", picked=e164(0))
    handle(sessions, an_assignment_request(1, pick))

    handle(sessions, selection_expired, now=NOON + HOLD_TIME)

    assert assigned_values(latest_messages(sessions)[order_id(1)]) == [e164(0)]
    assert states(sessions) == {e164(0): "reserved"}


def test_many_holds_end_in_one_batch(sessions: Sessions) -> None:
    import_plant(sessions)
    selection_expired = [held(sessions, place) for place in range(5)]

    handle(sessions, *selection_expired, now=NOON + HOLD_TIME)

    assert states(sessions) == {}


def test_a_number_that_another_transaction_has_locked_is_retried_later(sessions: Sessions) -> None:
    import_plant(sessions)
    selection_expired = held(sessions)

    with sessions() as busy:
        busy.execute(text("SELECT 1 FROM numbers WHERE state = 'selected' FOR UPDATE"))
        handle(sessions, selection_expired, now=NOON)

    assert states(sessions) == {e164(0): "selected"}
    assert scheduled_messages(sessions) == [(NOON + RETRY_DELAY, selection_expired)]
    assert dead_letter_rows(sessions) == []


def test_a_released_number_is_quarantined_as_long_as_its_segment_says(sessions: Sessions) -> None:
    import_plant(sessions, segments=[a_segment(quarantine_days=90)])
    handle(sessions, an_assignment_request(1))
    handle(sessions, completed(1))
    handle(sessions, a_release_request(2, of=1))

    handle(sessions, completed(2, Action.DELETE, of=1))

    quarantine_ended = QuarantineEnded(e164=e164(0), until=NOON + QUARANTINE)
    assert scheduled_messages(sessions) == [(NOON + QUARANTINE, quarantine_ended)]
    assert states(sessions) == {e164(0): "quarantined"}


def test_a_number_after_quarantine_is_assigned_again(sessions: Sessions) -> None:
    import_plant(sessions, segments=[a_segment(count=1, quarantine_days=30)])
    handle(sessions, an_assignment_request(1))
    handle(sessions, completed(1))
    handle(sessions, a_release_request(2, of=1))
    handle(sessions, completed(2, Action.DELETE, of=1))
    handle(sessions, an_assignment_request(3))

    ended = NOON + timedelta(days=30)
    handle(sessions, QuarantineEnded(e164=e164(0), until=ended), now=ended)
    handle(sessions, an_assignment_request(4))

    assert latest_messages(sessions)[order_id(3)].name == "resources.refused"
    assert assigned_values(latest_messages(sessions)[order_id(4)]) == [e164(0)]


def test_segments_side_by_side_have_their_own_quarantine(sessions: Sessions) -> None:
    segments = [
        a_segment(id="short", count=1, quarantine_days=30),
        a_segment(id="long", first=e164(1), count=1, quarantine_days=60),
    ]
    import_plant(sessions, segments=segments)
    for n in (1, 2):
        handle(sessions, an_assignment_request(n))
        handle(sessions, completed(n))
        handle(sessions, a_release_request(10 + n, of=n))
        handle(sessions, completed(10 + n, Action.DELETE, of=n))

    assert sorted((due - NOON).days for due, _ in scheduled_messages(sessions)) == [30, 60]
    with sessions() as session:
        assert session.scalar(select(func.count()).select_from(TimerRow)) == 2
