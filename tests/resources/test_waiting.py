"""Two transactions at once: nothing is given twice, and nothing refused for a lock."""

from sqlalchemy import text
from sqlalchemy.orm import Session

from services.resources import store
from services.resources.domain.number import select
from shared.contracts import Need
from shared.persistence.database import Sessions
from tests.callers import CLIENT
from tests.conftest import NOON
from tests.kernel import TENANT
from tests.resources.build import (
    FIBRE,
    NUMBER,
    PAIR,
    a_segment,
    a_splitter,
    an_order,
    e164,
    stock,
)
from tests.resources.together import TIMEOUT_S, assign, at_once, deadlocks, lock, waits


def test_two_transactions_take_past_each_other(sessions: Sessions) -> None:
    stock(sessions)

    with sessions.begin() as one, sessions.begin() as other:
        taken = [*assign(one, an_order(1), an_order(2)), *assign(other, an_order(3))]

    assert taken == [e164(0), e164(1), e164(2)]


def test_what_another_holds_only_for_a_moment_is_waited_for_not_refused(
    sessions: Sessions,
) -> None:
    stock(sessions, pairs=1)

    with sessions() as one:
        assert assign(one, an_order(1, PAIR)) == ["X/0000001"]
        second = at_once(sessions, lambda session: assign(session, an_order(2, PAIR)))
        assert waits(sessions, second)
        one.rollback()

    assert second.result(TIMEOUT_S) == ["X/0000001"]


def test_what_a_refused_order_locked_is_waited_for_not_refused(sessions: Sessions) -> None:
    stock(sessions, segments=[a_segment(count=1)], pairs=0)

    with sessions.begin() as one:
        assert assign(one, an_order(1, NUMBER, PAIR)) == [None]  # the number is locked, and free
        second = at_once(sessions, lambda session: assign(session, an_order(2)))
        assert waits(sessions, second)

    assert second.result(TIMEOUT_S) == [e164(0)]


def test_what_another_has_taken_for_good_is_refused_once_that_is_certain(
    sessions: Sessions,
) -> None:
    stock(sessions, pairs=1)

    with sessions.begin() as one:
        assign(one, an_order(1, PAIR))
        second = at_once(sessions, lambda session: assign(session, an_order(2, PAIR)))
        assert waits(sessions, second)

    assert second.result(TIMEOUT_S) == [None]


def test_an_exhausted_pool_is_refused_without_waiting_for_anybody(sessions: Sessions) -> None:
    stock(sessions, pairs=1)
    with sessions.begin() as session:
        assign(session, an_order(1, PAIR))

    with sessions.begin() as busy:
        busy.execute(text("SELECT 1 FROM pool_items WHERE kind = 'pair' FOR UPDATE"))
        with sessions.begin() as session:
            assert assign(session, an_order(2, PAIR)) == [None]


def test_a_picked_number_that_another_has_locked_is_waited_for(sessions: Sessions) -> None:
    stock(sessions)
    pick = Need(kind="number", picked=e164(0))

    with sessions() as one:
        assert assign(one, an_order(1)) == [e164(0)]
        second = at_once(sessions, lambda session: assign(session, an_order(2, pick)))
        assert waits(sessions, second)
        one.rollback()

    assert second.result(TIMEOUT_S) == [e164(0)]


def test_a_hold_waits_for_an_order_that_may_yet_leave_the_number(sessions: Sessions) -> None:
    stock(sessions)

    def hold(session: Session) -> str | None:
        number = store.wait_for(session, (TENANT, e164(0)))
        return select(number, CLIENT, NOON).selected_by

    with sessions() as one:
        assign(one, an_order(1))
        second = at_once(sessions, hold)
        assert waits(sessions, second)
        one.rollback()

    assert second.result(TIMEOUT_S) == CLIENT


def test_who_waits_holds_nothing_that_another_may_wait_for(sessions: Sessions) -> None:
    stock(sessions, splitters=[a_splitter(legs=1)], pairs=1)
    before = deadlocks(sessions)
    both = (FIBRE[0], PAIR)

    with sessions() as leg, sessions() as pair:
        lock(leg, "pool_items", "S/001")
        lock(pair, "pool_items", "X/0000001")
        first = at_once(sessions, lambda session: assign(session, an_order(1, *both)))
        assert waits(sessions, first)
        pair.rollback()
        second = at_once(sessions, lambda session: assign(session, an_order(2, *both)))
        assert waits(sessions, second, besides=1)
        leg.rollback()

    results = [each.result(TIMEOUT_S) for each in (first, second)]
    assert results == [["S/001"], [None]]
    assert deadlocks(sessions) == before


def test_who_waits_for_a_picked_number_waits_alone(sessions: Sessions) -> None:
    stock(sessions, segments=[a_segment(count=2)])
    before = deadlocks(sessions)
    low, high = (Need(kind="number", picked=e164(place)) for place in range(2))

    with sessions() as busy:
        lock(busy, "numbers", e164(1))
        first = at_once(sessions, lambda session: assign(session, an_order(1, high, NUMBER)))
        assert waits(sessions, first)
        second = at_once(sessions, lambda session: assign(session, an_order(2, low, high)))
        assert waits(sessions, second, besides=1)
        busy.rollback()

    results = [each.result(TIMEOUT_S) for each in (first, second)]
    assert results == [[e164(1)], [None]]
    assert deadlocks(sessions) == before


def test_who_holds_numbers_one_after_the_other_waits_alone_too(sessions: Sessions) -> None:
    stock(sessions, segments=[a_segment(count=2)])
    before = deadlocks(sessions)
    low, high = (Need(kind="number", picked=e164(place)) for place in range(2))

    with sessions() as desk:
        store.wait_for(desk, (TENANT, e164(1)))
        second = at_once(sessions, lambda session: assign(session, an_order(1, low, high)))
        assert waits(sessions, second)
        assert store.wait_for(desk, (TENANT, e164(0))).e164 == e164(0)
        desk.rollback()

    assert second.result(TIMEOUT_S) == [e164(0)]
    assert deadlocks(sessions) == before
