"""What ends by itself: a client's hold, and a number's rest."""

from datetime import timedelta

from sqlalchemy import func, select, text

from services.resources import store
from services.resources.domain.number import HOLD, LOOK_AGAIN
from services.resources.domain.number import select as select_number
from services.resources.domain.reminders import HoldExpired, QuarantineEnded
from shared.contracts import Action
from shared.persistence.database import Sessions
from shared.scheduling.timer_store import TimerRow
from tests.conftest import NOON
from tests.kernel import TENANT, history, parked
from tests.resources.build import (
    a_disconnection,
    a_segment,
    an_order,
    answers,
    completed,
    e164,
    given,
    order_id,
    reminders,
    states,
    stock,
    tell,
)

REST = timedelta(days=90)


def held(sessions: Sessions, place: int = 0) -> HoldExpired:
    """Let a client select a number; return what will remind of its end."""
    with sessions.begin() as session:
        number = select_number(store.wait_for(session, (TENANT, e164(place))), "crm", NOON)
        store.put(session, [number])
    return HoldExpired(e164=e164(place), until=NOON + HOLD)


def test_a_hold_that_is_over_leaves_the_number_idle(sessions: Sessions) -> None:
    stock(sessions)
    over = held(sessions)

    tell(sessions, over, now=NOON + HOLD)

    assert states(sessions) == {}
    assert history(sessions) == [("number", "", "selected", "idle")]


def test_the_end_of_a_hold_is_none_of_a_later_hold_s_business(sessions: Sessions) -> None:
    stock(sessions)
    over = held(sessions)

    tell(sessions, HoldExpired(e164=e164(0), until=over.until - timedelta(seconds=1)))

    assert states(sessions) == {e164(0): "selected"}


def test_a_hold_that_became_an_order_does_not_expire(sessions: Sessions) -> None:
    stock(sessions, segments=[a_segment(count=1)])
    over = held(sessions)
    pick = an_order(1).items[0].needs[0].__class__(kind="number", picked=e164(0))
    tell(sessions, an_order(1, pick))

    tell(sessions, over, now=NOON + HOLD)

    assert given(answers(sessions)[order_id(1)]) == [e164(0)]
    assert states(sessions) == {e164(0): "reserved"}


def test_many_holds_end_in_one_batch(sessions: Sessions) -> None:
    stock(sessions)
    over = [held(sessions, place) for place in range(5)]

    tell(sessions, *over, now=NOON + HOLD)

    assert states(sessions) == {}


def test_a_number_that_another_works_on_is_looked_at_again_later(sessions: Sessions) -> None:
    stock(sessions)
    over = held(sessions)

    with sessions() as busy:
        busy.execute(text("SELECT 1 FROM numbers WHERE state = 'selected' FOR UPDATE"))
        tell(sessions, over, now=NOON)

    assert states(sessions) == {e164(0): "selected"}
    assert reminders(sessions) == [(NOON + LOOK_AGAIN, over)]
    assert parked(sessions) == []


def test_a_number_given_back_rests_as_long_as_its_segment_says(sessions: Sessions) -> None:
    stock(sessions, segments=[a_segment(quarantine_days=90)])
    tell(sessions, an_order(1))
    tell(sessions, completed(1))
    tell(sessions, a_disconnection(2, of=1))

    tell(sessions, completed(2, Action.DELETE, of=1))

    rest = QuarantineEnded(e164=e164(0), until=NOON + REST)
    assert reminders(sessions) == [(NOON + REST, rest)]
    assert states(sessions) == {e164(0): "quarantined"}


def test_a_number_that_has_rested_is_given_out_again(sessions: Sessions) -> None:
    stock(sessions, segments=[a_segment(count=1)])
    tell(sessions, an_order(1))
    tell(sessions, completed(1))
    tell(sessions, a_disconnection(2, of=1))
    tell(sessions, completed(2, Action.DELETE, of=1))
    tell(sessions, an_order(3))

    tell(sessions, QuarantineEnded(e164=e164(0), until=NOON + REST), now=NOON + REST)
    tell(sessions, an_order(4))

    assert answers(sessions)[order_id(3)].name == "resources.refused"
    assert given(answers(sessions)[order_id(4)]) == [e164(0)]


def test_segments_side_by_side_have_their_own_quarantine(sessions: Sessions) -> None:
    segments = [
        a_segment(id="short", count=1, quarantine_days=30),
        a_segment(id="long", first=e164(1), count=1, quarantine_days=60),
    ]
    stock(sessions, segments=segments)
    for n in (1, 2):
        tell(sessions, an_order(n))
        tell(sessions, completed(n))
        tell(sessions, a_disconnection(10 + n, of=n))
        tell(sessions, completed(10 + n, Action.DELETE, of=n))

    assert sorted((due - NOON).days for due, _ in reminders(sessions)) == [30, 60]
    with sessions() as session:
        assert session.scalar(select(func.count()).select_from(TimerRow)) == 2
