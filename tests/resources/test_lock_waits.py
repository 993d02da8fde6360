"""Two concurrent transactions: nothing is assigned twice, and nothing refused for a lock."""

from sqlalchemy import text
from sqlalchemy.orm import Session

from services.resources import store
from services.resources.commands.numbers import require_number
from services.resources.domain.number.number import select
from shared.contracts import Need
from shared.persistence.database import Sessions
from tests.callers import CLIENT
from tests.conftest import NOON
from tests.kernel import TENANT
from tests.resources.builders import (
    FIBRE,
    NUMBER,
    PAIR,
    a_segment,
    a_splitter,
    an_assignment_request,
    e164,
    import_plant,
)
from tests.resources.concurrency import (
    TIMEOUT_S,
    assign_values,
    deadlocks,
    in_own_thread,
    lock,
    waits_for_lock,
)


def test_two_transactions_skip_each_others_locks(sessions: Sessions) -> None:
    import_plant(sessions)

    with sessions.begin() as one, sessions.begin() as other:
        taken = [
            *assign_values(one, an_assignment_request(1), an_assignment_request(2)),
            *assign_values(other, an_assignment_request(3)),
        ]

    assert taken == [e164(0), e164(1), e164(2)]


def test_what_another_transaction_rolls_back_is_waited_for_not_refused(
    sessions: Sessions,
) -> None:
    import_plant(sessions, pairs=1)

    with sessions() as one:
        assert assign_values(one, an_assignment_request(1, PAIR)) == ["X/0000001"]
        second = in_own_thread(
            sessions, lambda session: assign_values(session, an_assignment_request(2, PAIR))
        )
        assert waits_for_lock(sessions, second)
        one.rollback()

    assert second.result(TIMEOUT_S) == ["X/0000001"]


def test_what_a_refused_order_locked_is_waited_for_not_refused(sessions: Sessions) -> None:
    import_plant(sessions, segments=[a_segment(count=1)], pairs=0)

    with sessions.begin() as one:
        assert assign_values(one, an_assignment_request(1, NUMBER, PAIR)) == [
            None
        ]  # the number is locked, and free
        second = in_own_thread(
            sessions, lambda session: assign_values(session, an_assignment_request(2))
        )
        assert waits_for_lock(sessions, second)

    assert second.result(TIMEOUT_S) == [e164(0)]


def test_what_another_transaction_has_committed_is_refused_once_that_is_certain(
    sessions: Sessions,
) -> None:
    import_plant(sessions, pairs=1)

    with sessions.begin() as one:
        assign_values(one, an_assignment_request(1, PAIR))
        second = in_own_thread(
            sessions, lambda session: assign_values(session, an_assignment_request(2, PAIR))
        )
        assert waits_for_lock(sessions, second)

    assert second.result(TIMEOUT_S) == [None]


def test_an_exhausted_pool_is_refused_without_waiting(sessions: Sessions) -> None:
    import_plant(sessions, pairs=1)
    with sessions.begin() as session:
        assign_values(session, an_assignment_request(1, PAIR))

    with sessions.begin() as busy:
        busy.execute(text("SELECT 1 FROM pool_items WHERE kind = 'pair' FOR UPDATE"))
        with sessions.begin() as session:
            assert assign_values(session, an_assignment_request(2, PAIR)) == [None]


def test_a_picked_number_that_another_has_locked_is_waited_for(sessions: Sessions) -> None:
    import_plant(sessions)
    pick = Need(kind="number", picked=e164(0))

    with sessions() as one:
        assert assign_values(one, an_assignment_request(1)) == [e164(0)]
        second = in_own_thread(
            sessions, lambda session: assign_values(session, an_assignment_request(2, pick))
        )
        assert waits_for_lock(sessions, second)
        one.rollback()

    assert second.result(TIMEOUT_S) == [e164(0)]


def test_a_hold_waits_for_an_order_that_may_yet_leave_the_number(sessions: Sessions) -> None:
    import_plant(sessions)

    def hold(session: Session) -> str | None:
        number = require_number(store.find_number_for_update(session, (TENANT, e164(0))))
        return select(number, CLIENT, NOON).selected_by

    with sessions() as one:
        assign_values(one, an_assignment_request(1))
        second = in_own_thread(sessions, hold)
        assert waits_for_lock(sessions, second)
        one.rollback()

    assert second.result(TIMEOUT_S) == CLIENT


def test_a_waiting_transaction_holds_nothing_that_another_may_wait_for(sessions: Sessions) -> None:
    import_plant(sessions, splitters=[a_splitter(legs=1)], pairs=1)
    before = deadlocks(sessions)
    both = (FIBRE[0], PAIR)

    with sessions() as leg, sessions() as pair:
        lock(leg, "pool_items", "S/001")
        lock(pair, "pool_items", "X/0000001")
        first = in_own_thread(
            sessions, lambda session: assign_values(session, an_assignment_request(1, *both))
        )
        assert waits_for_lock(sessions, first)
        pair.rollback()
        second = in_own_thread(
            sessions, lambda session: assign_values(session, an_assignment_request(2, *both))
        )
        assert waits_for_lock(sessions, second, besides=1)
        leg.rollback()

    results = [each.result(TIMEOUT_S) for each in (first, second)]
    assert results == [["S/001"], [None]]
    assert deadlocks(sessions) == before


def test_one_transaction_at_a_time_waits_for_picked_numbers(sessions: Sessions) -> None:
    import_plant(sessions, segments=[a_segment(count=2)])
    before = deadlocks(sessions)
    low, high = (Need(kind="number", picked=e164(place)) for place in range(2))

    with sessions() as busy:
        lock(busy, "numbers", e164(1))
        first = in_own_thread(
            sessions, lambda session: assign_values(session, an_assignment_request(1, high, NUMBER))
        )
        assert waits_for_lock(sessions, first)
        second = in_own_thread(
            sessions, lambda session: assign_values(session, an_assignment_request(2, low, high))
        )
        assert waits_for_lock(sessions, second, besides=1)
        busy.rollback()

    results = [each.result(TIMEOUT_S) for each in (first, second)]
    assert results == [[e164(1)], [None]]
    assert deadlocks(sessions) == before


def test_a_transaction_that_locks_numbers_one_by_one_causes_no_deadlock(sessions: Sessions) -> None:
    import_plant(sessions, segments=[a_segment(count=2)])
    before = deadlocks(sessions)
    low, high = (Need(kind="number", picked=e164(place)) for place in range(2))

    with sessions() as holder:
        store.find_number_for_update(holder, (TENANT, e164(1)))
        second = in_own_thread(
            sessions, lambda session: assign_values(session, an_assignment_request(1, low, high))
        )
        assert waits_for_lock(sessions, second)
        number = require_number(store.find_number_for_update(holder, (TENANT, e164(0))))
        assert number.e164 == e164(0)
        holder.rollback()

    assert second.result(TIMEOUT_S) == [e164(0)]
    assert deadlocks(sessions) == before
