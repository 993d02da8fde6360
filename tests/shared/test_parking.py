"""What is parked keeps the order of its key, waits for people, and comes back in order."""

import threading
from functools import partial
from uuid import UUID

import pytest
from sqlalchemy import text

from shared.contracts import Causation, OrderAccepted, OrderMessage
from shared.errors import ConflictError, ConflictOnWriteError, TooEarlyError
from shared.kafka.records import ConsumedRecord
from shared.messaging import dead_letters
from shared.messaging.after_commit import AfterCommit
from shared.messaging.dead_letters import DeadLetterReason
from shared.messaging.dispatcher import Dispatcher, Subscriptions, on, subscribe
from shared.messaging.redelivery import redeliver
from shared.messaging.unit_of_work import UnitOfWork
from shared.persistence.database import Sessions
from tests.conftest import NOON
from tests.kernel import (
    TENANT,
    consume,
    consume_records,
    consumed_offsets,
    dead_letter_rows,
    published_types,
    record_of,
)
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

ALL = ["order.accepted", "resources.assigned", "provisioning.service_completed"]


def refuse(_: OrderMessage, __: UnitOfWork) -> None:
    raise ConflictError


def stumble(_: OrderMessage, __: UnitOfWork) -> None:
    raise ZeroDivisionError


REFUSING = SUBSCRIPTIONS | subscribe(on(OrderAccepted, refuse))


def park_three(sessions: Sessions) -> None:
    consume(sessions, REFUSING, accepted(), assigned(), completed())


def let_go(sessions: Sessions, subscriptions: Subscriptions = SUBSCRIPTIONS) -> int:
    """Release what is parked under the order."""
    dispatcher = Dispatcher(sessions, subscriptions)
    return redeliver(sessions, dispatcher, ORDER.bytes, NOON, AfterCommit(UUID(int=1)))


def whys(sessions: Sessions) -> list[tuple[str, DeadLetterReason]]:
    return [(row.type.rpartition(".v")[0], row.why) for row in dead_letter_rows(sessions)]


def waiting(sessions: Sessions) -> int:
    with sessions() as session:
        return dead_letters.count(session)


def test_what_follows_a_parked_message_under_its_key_waits_behind_it(sessions: Sessions) -> None:
    consume(sessions, REFUSING, accepted(), assigned(), assigned(OTHER))
    consume(sessions, REFUSING, completed())

    assert whys(sessions) == [
        ("order.accepted", DeadLetterReason.RULE_BROKEN),
        ("resources.assigned", DeadLetterReason.BEHIND),
        ("provisioning.service_completed", DeadLetterReason.BEHIND),
    ]
    assert logged_types(sessions) == []


def test_other_keys_flow(sessions: Sessions) -> None:
    consume(sessions, REFUSING, accepted(), assigned(OTHER))
    consume(sessions, REFUSING, completed(OTHER))

    assert logged_types(sessions, OTHER) == ALL[1:]


def test_what_is_parked_comes_again_and_is_still_parked_once(sessions: Sessions) -> None:
    for _ in range(3):
        park_three(sessions)

    assert len(dead_letter_rows(sessions)) == 3


def test_what_was_handled_before_is_not_parked_behind_what_failed_later(
    sessions: Sessions,
) -> None:
    consume(sessions, REFUSING, assigned())

    consume(sessions, REFUSING, accepted(), assigned())

    assert whys(sessions) == [("order.accepted", DeadLetterReason.RULE_BROKEN)]


def test_the_place_goes_on_over_what_is_parked(sessions: Sessions) -> None:
    records = [record_of(each, offset=20 + n) for n, each in enumerate([accepted(), assigned()])]

    consume_records(sessions, REFUSING, records)

    assert consumed_offsets(sessions) == {records[0].source: 21, records[1].source: 22}


def test_release_handles_a_key_from_its_oldest_message_on(sessions: Sessions) -> None:
    park_three(sessions)

    assert let_go(sessions) == 3

    assert logged_types(sessions) == ALL
    assert published_types(sessions) == ["provisioning.release_requested.v1"]
    assert waiting(sessions) == 0


def test_what_was_released_is_known_from_then_on(sessions: Sessions) -> None:
    park_three(sessions)
    let_go(sessions)

    consume(sessions, SUBSCRIPTIONS, accepted(), assigned(), completed())

    assert logged_types(sessions) == ALL


def test_release_stops_at_the_first_message_that_is_hopeless_still(sessions: Sessions) -> None:
    park_three(sessions)
    stubborn = SUBSCRIPTIONS | subscribe(on(type(assigned()), stumble))

    assert let_go(sessions, stubborn) == 1

    assert logged_types(sessions) == ["order.accepted"]
    assert whys(sessions)[1:] == [
        ("resources.assigned", DeadLetterReason.BUG),
        ("provisioning.service_completed", DeadLetterReason.BEHIND),
    ]
    assert "ZeroDivisionError" in dead_letter_rows(sessions)[1].error
    assert waiting(sessions) == 2


def test_what_came_too_early_lets_one_of_another_topic_pass_and_follows_it(
    sessions: Sessions,
) -> None:
    """An effect and its cause come by different topics, the effect first."""

    def need_the_order(message: OrderMessage, work: UnitOfWork) -> None:
        if "order.accepted" not in logged_types(sessions):
            raise TooEarlyError
        log_message(message, work)

    needy = SUBSCRIPTIONS | subscribe(on(type(assigned()), need_the_order))
    consume(sessions, needy, assigned())
    consume(sessions, needy, accepted())
    assert whys(sessions) == [
        ("resources.assigned", DeadLetterReason.EARLY),
        ("order.accepted", DeadLetterReason.BEHIND),
    ]

    assert let_go(sessions, needy) == 2

    assert logged_types(sessions) == ["order.accepted", "resources.assigned"]
    assert waiting(sessions) == 0


def test_what_came_too_early_keeps_those_of_its_own_topic_behind_it(sessions: Sessions) -> None:
    def too_early(_: OrderMessage, __: UnitOfWork) -> None:
        raise TooEarlyError

    early = SUBSCRIPTIONS | subscribe(on(OrderAccepted, too_early))
    consume(sessions, early, accepted())
    late = [each._replace(source=record_of(accepted()).source) for each in [record_of(assigned())]]
    consume_records(sessions, early, late)

    assert let_go(sessions, early) == 0

    assert [why for _, why in whys(sessions)] == [DeadLetterReason.EARLY, DeadLetterReason.BEHIND]


def test_release_tries_again_when_it_collides(sessions: Sessions) -> None:
    park_three(sessions)
    errors: list[Exception] = [ConflictOnWriteError()]

    def collide_once(message: OrderAccepted, work: UnitOfWork) -> None:
        if errors:
            raise errors.pop()
        log_message(message, work)

    assert let_go(sessions, SUBSCRIPTIONS | subscribe(on(OrderAccepted, collide_once))) == 3


def test_an_unreadable_message_stays_parked_until_somebody_can_read_it(
    sessions: Sessions,
) -> None:
    garbage = ConsumedRecord("order/3", 17, ORDER.bytes, b"not json", "")
    consume_records(sessions, SUBSCRIPTIONS, [garbage, record_of(assigned())])

    assert let_go(sessions) == 0

    assert [row.why for row in dead_letter_rows(sessions)] == [
        DeadLetterReason.UNREADABLE,
        DeadLetterReason.BEHIND,
    ]


@pytest.mark.parametrize("parked_first", [1, 2])
def test_a_message_that_arrives_during_release_is_neither_lost_nor_overtakes(
    sessions: Sessions, parked_first: int
) -> None:
    """Held open in the middle, the release of the oldest meets a newcomer of its key."""
    consume(sessions, REFUSING, *[accepted(), assigned()][:parked_first])
    newcomer = threading.Thread(target=partial(consume, sessions, SUBSCRIPTIONS, completed()))

    def handle_slowly(message: OrderAccepted, work: UnitOfWork) -> None:
        log_message(message, work)
        newcomer.start()
        wait_for_a_waiting_lock(sessions)

    released = let_go(sessions, SUBSCRIPTIONS | subscribe(on(OrderAccepted, handle_slowly)))
    newcomer.join(timeout=20)
    released += let_go(sessions)

    assert logged_types(sessions) == [each for each in ALL if each != ALL[1] or parked_first == 2]
    assert waiting(sessions) == 0
    assert released >= parked_first


def test_a_message_that_is_being_parked_during_release_is_released_with_the_others(
    sessions: Sessions,
) -> None:
    """Its transaction is still open: whoever releases waits for it, or would miss it."""
    consume(sessions, REFUSING, accepted())
    parking_it = threading.Event()

    def handle_slowly(_: OrderMessage, __: UnitOfWork) -> None:
        parking_it.set()
        wait_for_a_waiting_lock(sessions)

    slow = SUBSCRIPTIONS | subscribe(on(type(assigned()), handle_slowly))
    both = [completed(), assigned(OTHER)]
    newcomer = threading.Thread(target=partial(consume, sessions, slow, *both))
    newcomer.start()
    parking_it.wait(20)

    assert let_go(sessions) == 2
    newcomer.join(timeout=20)

    assert logged_types(sessions) == [ALL[0], ALL[2]]
    assert waiting(sessions) == 0


def wait_for_a_waiting_lock(sessions: Sessions) -> None:
    """Return once another session waits for a lock of ours."""
    waiters = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
    give_up = threading.Event()
    for _ in range(2000):
        with sessions() as session:
            if session.scalar(waiters):
                return
        give_up.wait(0.005)
    msg = "nobody waits"
    raise AssertionError(msg)


def test_two_who_release_one_key_do_not_handle_it_twice(sessions: Sessions) -> None:
    park_three(sessions)
    second = threading.Thread(target=partial(let_go, sessions))

    def handle_slowly(message: OrderAccepted, work: UnitOfWork) -> None:
        log_message(message, work)
        second.start()
        wait_for_a_waiting_lock(sessions)

    let_go(sessions, SUBSCRIPTIONS | subscribe(on(OrderAccepted, handle_slowly)))
    second.join(timeout=20)

    assert logged_types(sessions) == ALL


def test_a_parked_message_of_another_tenant_is_released_as_that_tenants(
    sessions: Sessions,
) -> None:
    cause = Causation(ORDER, ORDER, "zhejiang")
    consume_records(sessions, REFUSING, [record_of(accepted(), cause)])
    seen: list[str] = []

    def look(_: OrderAccepted, work: UnitOfWork) -> None:
        seen.append(work.tenant)

    let_go(sessions, subscribe(on(OrderAccepted, look)))

    assert seen == ["zhejiang"] != [TENANT]
