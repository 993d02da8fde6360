"""Redelivery: the dead letters of a key are handled in order, once, up to the first failure."""

import threading
from functools import partial
from uuid import UUID

import pytest
from sqlalchemy import text

from shared.contracts import Causation, OrderAccepted, OrderMessage
from shared.errors import ConflictOnWriteError, EarlyMessageError
from shared.kafka.record_types import ConsumedRecord
from shared.messaging import dead_letters
from shared.messaging.commit_context import CommitContext
from shared.messaging.dead_letters import DeadLetterReason
from shared.messaging.dispatcher import Dispatcher, Subscriptions, index_subscriptions, on
from shared.messaging.redelivery import redeliver
from shared.messaging.unit_of_work import UnitOfWork
from shared.persistence.database import Sessions
from tests.conftest import NOON
from tests.kernel import (
    TENANT,
    consume,
    consume_records,
    dead_letter_rows,
    published_types,
    record_of,
)
from tests.shared.messaging.test_dead_letters import ALL, REFUSING, park_three, reasons
from tests.shared.order_log import (
    ORDER,
    OTHER,
    SUBSCRIPTIONS,
    accepted,
    assigned,
    completed,
    log_message,
    logged_types,
)


def fail(_: OrderMessage, __: UnitOfWork) -> None:
    raise ZeroDivisionError


def redeliver_order(sessions: Sessions, subscriptions: Subscriptions = SUBSCRIPTIONS) -> int:
    """Redeliver the dead letters of the order; return how many were handled."""
    dispatcher = Dispatcher(sessions, subscriptions)
    return redeliver(sessions, dispatcher, ORDER.bytes, NOON, CommitContext(UUID(int=1)))


def waiting(sessions: Sessions) -> int:
    with sessions() as session:
        return dead_letters.count(session)


def test_redelivery_handles_a_key_from_its_oldest_message_on(sessions: Sessions) -> None:
    park_three(sessions)

    assert redeliver_order(sessions) == 3

    assert logged_types(sessions) == ALL
    assert published_types(sessions) == ["provisioning.release_requested.v1"]
    assert waiting(sessions) == 0


def test_redelivered_messages_are_known_from_then_on(sessions: Sessions) -> None:
    park_three(sessions)
    redeliver_order(sessions)

    consume(sessions, SUBSCRIPTIONS, accepted(), assigned(), completed())

    assert logged_types(sessions) == ALL


def test_redelivery_stops_at_the_first_message_that_fails_again(sessions: Sessions) -> None:
    park_three(sessions)
    failing = SUBSCRIPTIONS | index_subscriptions(on(type(assigned()), fail))

    assert redeliver_order(sessions, failing) == 1

    assert logged_types(sessions) == ["order.accepted"]
    assert reasons(sessions)[1:] == [
        ("resources.assigned", DeadLetterReason.BUG),
        ("provisioning.service_completed", DeadLetterReason.BEHIND),
    ]
    assert "ZeroDivisionError" in dead_letter_rows(sessions)[1].error
    assert waiting(sessions) == 2


def test_an_early_message_is_redelivered_after_one_of_another_topic_that_waits_behind_it(
    sessions: Sessions,
) -> None:
    """An effect and its cause are read from different topics, the effect first."""

    def require_order(message: OrderMessage, work: UnitOfWork) -> None:
        if "order.accepted" not in logged_types(sessions):
            raise EarlyMessageError
        log_message(message, work)

    subscriptions = SUBSCRIPTIONS | index_subscriptions(on(type(assigned()), require_order))
    consume(sessions, subscriptions, assigned())
    consume(sessions, subscriptions, accepted())
    assert reasons(sessions) == [
        ("resources.assigned", DeadLetterReason.EARLY),
        ("order.accepted", DeadLetterReason.BEHIND),
    ]

    assert redeliver_order(sessions, subscriptions) == 2

    assert logged_types(sessions) == ["order.accepted", "resources.assigned"]
    assert waiting(sessions) == 0


def test_an_early_message_keeps_those_of_its_own_topic_behind_it(sessions: Sessions) -> None:
    def too_early(_: OrderMessage, __: UnitOfWork) -> None:
        raise EarlyMessageError

    early = SUBSCRIPTIONS | index_subscriptions(on(OrderAccepted, too_early))
    consume(sessions, early, accepted())
    late = [each._replace(source=record_of(accepted()).source) for each in [record_of(assigned())]]
    consume_records(sessions, early, late)

    assert redeliver_order(sessions, early) == 0

    assert [why for _, why in reasons(sessions)] == [
        DeadLetterReason.EARLY,
        DeadLetterReason.BEHIND,
    ]


def test_redelivery_is_retried_after_a_write_conflict(sessions: Sessions) -> None:
    park_three(sessions)
    errors: list[Exception] = [ConflictOnWriteError()]

    def conflict_once(message: OrderAccepted, work: UnitOfWork) -> None:
        if errors:
            raise errors.pop()
        log_message(message, work)

    assert (
        redeliver_order(
            sessions, SUBSCRIPTIONS | index_subscriptions(on(OrderAccepted, conflict_once))
        )
        == 3
    )


def test_an_unreadable_message_stays_parked_on_redelivery(
    sessions: Sessions,
) -> None:
    garbage = ConsumedRecord("order/3", 17, ORDER.bytes, b"not json", "")
    consume_records(sessions, SUBSCRIPTIONS, [garbage, record_of(assigned())])

    assert redeliver_order(sessions) == 0

    assert [row.why for row in dead_letter_rows(sessions)] == [
        DeadLetterReason.UNREADABLE,
        DeadLetterReason.BEHIND,
    ]


@pytest.mark.parametrize("parked_first", [1, 2])
def test_a_message_that_arrives_during_redelivery_is_neither_lost_nor_overtakes(
    sessions: Sessions, parked_first: int
) -> None:
    """During the open transaction of a redelivery, a later message of its key arrives."""
    consume(sessions, REFUSING, *[accepted(), assigned()][:parked_first])
    later = threading.Thread(target=partial(consume, sessions, SUBSCRIPTIONS, completed()))

    def handle_slowly(message: OrderAccepted, work: UnitOfWork) -> None:
        log_message(message, work)
        later.start()
        wait_for_a_waiting_lock(sessions)

    redelivered = redeliver_order(
        sessions, SUBSCRIPTIONS | index_subscriptions(on(OrderAccepted, handle_slowly))
    )
    later.join(timeout=20)
    redelivered += redeliver_order(sessions)

    assert logged_types(sessions) == [each for each in ALL if each != ALL[1] or parked_first == 2]
    assert waiting(sessions) == 0
    assert redelivered >= parked_first


def test_a_message_that_is_being_parked_during_redelivery_is_redelivered_with_the_others(
    sessions: Sessions,
) -> None:
    """Its transaction is still open: the redelivery waits for it, or would miss it."""
    consume(sessions, REFUSING, accepted())
    is_parking = threading.Event()

    def handle_slowly(_: OrderMessage, __: UnitOfWork) -> None:
        is_parking.set()
        wait_for_a_waiting_lock(sessions)

    slow = SUBSCRIPTIONS | index_subscriptions(on(type(assigned()), handle_slowly))
    both = [completed(), assigned(OTHER)]
    later = threading.Thread(target=partial(consume, sessions, slow, *both))
    later.start()
    is_parking.wait(20)

    assert redeliver_order(sessions) == 2
    later.join(timeout=20)

    assert logged_types(sessions) == [ALL[0], ALL[2]]
    assert waiting(sessions) == 0


def wait_for_a_waiting_lock(sessions: Sessions) -> None:
    """Return once another session waits for a lock."""
    waiting_locks = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
    pause = threading.Event()
    for _ in range(2000):
        with sessions() as session:
            if session.scalar(waiting_locks):
                return
        pause.wait(0.005)
    msg = "no session waits for a lock"
    raise AssertionError(msg)


def test_two_redeliveries_of_one_key_do_not_handle_it_twice(sessions: Sessions) -> None:
    park_three(sessions)
    second = threading.Thread(target=partial(redeliver_order, sessions))

    def handle_slowly(message: OrderAccepted, work: UnitOfWork) -> None:
        log_message(message, work)
        second.start()
        wait_for_a_waiting_lock(sessions)

    redeliver_order(sessions, SUBSCRIPTIONS | index_subscriptions(on(OrderAccepted, handle_slowly)))
    second.join(timeout=20)

    assert logged_types(sessions) == ALL


def test_a_parked_message_is_redelivered_under_its_own_tenant(
    sessions: Sessions,
) -> None:
    cause = Causation(ORDER, ORDER, "zhejiang")
    consume_records(sessions, REFUSING, [record_of(accepted(), cause)])
    seen: list[str] = []

    def note_tenant(_: OrderAccepted, work: UnitOfWork) -> None:
        seen.append(work.tenant)

    redeliver_order(sessions, index_subscriptions(on(OrderAccepted, note_tenant)))

    assert seen == ["zhejiang"] != [TENANT]
