"""Failures of a handler: classified, bounded, and without effect on other messages."""

from collections.abc import Callable
from functools import partial
from uuid import UUID, uuid4

import pytest
from sqlalchemy.exc import IntegrityError, OperationalError

from shared.contracts import Causation, OrderAccepted, ServiceFailed
from shared.errors import ConflictError, ConflictOnWriteError, PoisonError
from shared.kafka.record_types import ConsumedRecord
from shared.messaging.dead_letters import DeadLetterReason
from shared.messaging.dispatcher import (
    MAX_TRIES,
    Dispatcher,
    Subscriptions,
    index_subscriptions,
    on,
)
from shared.messaging.inbox import InboxRow
from shared.messaging.outbox import MAX_MESSAGE_BYTES
from shared.messaging.publisher import Publisher
from shared.messaging.retry import retry_while_unavailable
from shared.messaging.unit_of_work import MAX_CONFLICTS, UnitOfWork
from shared.messaging.writer import Writer
from shared.persistence.database import Sessions
from tests.kernel import (
    TENANT,
    FakeBroker,
    consume_records,
    count_of,
    database_outage,
    dead_letter_rows,
    published_types,
    record_of,
    statements,
    until,
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


class FailingHandler:
    """A handler that fails so many times, and then writes."""

    def __init__(self, error: Callable[[], Exception], times: int = 1 << 30) -> None:
        self.calls = 0
        self._error, self._times = error, times

    def __call__(self, message: OrderAccepted, work: UnitOfWork) -> None:
        self.calls += 1
        if self.calls <= self._times:
            raise self._error()
        log_message(message, work)


def with_handler(handler: Callable[[OrderAccepted, UnitOfWork], None]) -> Subscriptions:
    return SUBSCRIPTIONS | index_subscriptions(on(OrderAccepted, handler))


def consume_with(
    sessions: Sessions, handler: Callable[[OrderAccepted, UnitOfWork], None], *more: ConsumedRecord
) -> None:
    records = [record_of(accepted()), *more]
    consume_records(sessions, with_handler(handler), records)


@pytest.mark.parametrize("error", [partial(ConflictError, "too late"), partial(PoisonError, "no")])
def test_a_broken_rule_parks_at_once(sessions: Sessions, error: Callable[[], Exception]) -> None:
    handler = FailingHandler(error)

    consume_with(sessions, handler)

    (row,) = dead_letter_rows(sessions)
    assert (row.why, handler.calls) == (DeadLetterReason.RULE_BROKEN, 1)
    assert count_of(sessions, InboxRow) == 0


def test_only_the_hopeless_message_of_a_batch_is_parked(sessions: Sessions) -> None:
    orders = [uuid4() for _ in range(63)]
    others = [record_of(assigned(each)) for each in orders]

    with statements(sessions) as executed:
        consume_with(sessions, FailingHandler(ConflictError), *others)

    assert [row.key for row in dead_letter_rows(sessions)] == [ORDER.bytes]
    assert all(logged_types(sessions, each) == ["resources.assigned"] for each in orders)
    assert len(executed) < 64  # about eight for each halving


def test_a_bug_is_tried_three_times_alone_and_parked_with_its_traceback(
    sessions: Sessions,
) -> None:
    handler = FailingHandler(partial(ZeroDivisionError, "oops"))

    consume_with(sessions, handler)

    (row,) = dead_letter_rows(sessions)
    assert (row.why, handler.calls) == (DeadLetterReason.BUG, MAX_TRIES)
    assert "in __call__" in row.error
    assert row.error.endswith("\nZeroDivisionError")


def test_while_a_bug_is_tried_the_rest_of_its_batch_is_handled(sessions: Sessions) -> None:
    handler = FailingHandler(ZeroDivisionError)

    consume_with(sessions, handler, record_of(accepted(OTHER)), record_of(assigned(UUID(int=7))))

    assert [row.why for row in dead_letter_rows(sessions)] == [
        DeadLetterReason.BUG,
        DeadLetterReason.BUG,
    ]
    assert logged_types(sessions, UUID(int=7)) == ["resources.assigned"]


def test_a_bug_that_does_not_recur_parks_nothing(sessions: Sessions) -> None:
    consume_with(sessions, FailingHandler(ZeroDivisionError, times=MAX_TRIES - 1))

    assert logged_types(sessions) == ["order.accepted"]
    assert not dead_letter_rows(sessions)


def test_a_bug_whose_next_try_meets_a_rule_is_parked_for_the_rule(sessions: Sessions) -> None:
    errors: list[Exception] = [ConflictError("too late"), ZeroDivisionError()]

    consume_with(sessions, FailingHandler(errors.pop))

    assert [row.why for row in dead_letter_rows(sessions)] == [DeadLetterReason.RULE_BROKEN]


def test_a_bug_whose_next_try_collides_is_handled_in_the_end(sessions: Sessions) -> None:
    errors: list[Exception] = [ConflictOnWriteError(), ZeroDivisionError()]

    consume_with(sessions, FailingHandler(errors.pop, times=2))

    assert logged_types(sessions) == ["order.accepted"]


@pytest.mark.parametrize(
    "error", [ConflictOnWriteError, partial(IntegrityError, "", {}, Exception("taken"))]
)
def test_a_collision_is_retried(sessions: Sessions, error: Callable[[], Exception]) -> None:
    consume_with(sessions, FailingHandler(error, times=MAX_CONFLICTS - 1))

    assert logged_types(sessions) == ["order.accepted"]


@pytest.mark.parametrize(
    "error", [ConflictOnWriteError, partial(IntegrityError, "", {}, Exception("taken"))]
)
def test_a_collision_that_never_ends_is_parked_after_a_bounded_number(
    sessions: Sessions, error: Callable[[], Exception]
) -> None:
    handler = FailingHandler(error)

    consume_with(sessions, handler)

    assert [row.why for row in dead_letter_rows(sessions)] == [DeadLetterReason.COLLISION]
    assert 1 < handler.calls <= 10


def test_what_cannot_be_stored_is_the_handlers_fault_and_parked(sessions: Sessions) -> None:
    def record_change(message: OrderAccepted, work: UnitOfWork) -> None:
        work.record_change("order", message.order_id, "", "acknowledged", reason="zero \0 byte")

    consume_with(sessions, record_change, record_of(assigned(OTHER)))

    assert [row.why for row in dead_letter_rows(sessions)] == [DeadLetterReason.BUG]
    assert logged_types(sessions, OTHER) == ["resources.assigned"]


def test_what_is_too_large_for_an_index_is_parked_and_not_waited_out(sessions: Sessions) -> None:
    def record_change(_: OrderAccepted, work: UnitOfWork) -> None:
        subject = "".join(uuid4().hex for _ in range(300))
        work.record_change("order", subject, "", "acknowledged")

    consume_with(sessions, record_change, record_of(assigned(OTHER)))

    assert [row.why for row in dead_letter_rows(sessions)] == [DeadLetterReason.RULE_BROKEN]
    assert logged_types(sessions, OTHER) == ["resources.assigned"]


def test_a_message_too_large_for_the_broker_is_never_published(sessions: Sessions) -> None:
    def publish(message: OrderAccepted, work: UnitOfWork) -> None:
        log_message(message, work)
        long = "x" * MAX_MESSAGE_BYTES
        work.publish(ServiceFailed(order_id=message.order_id, code="long", reason=long))

    consume_with(sessions, publish, record_of(assigned(OTHER)))

    assert [row.why for row in dead_letter_rows(sessions)] == [DeadLetterReason.RULE_BROKEN]
    assert logged_types(sessions) == published_types(sessions) == []
    assert logged_types(sessions, OTHER) == ["resources.assigned"]


def test_what_cannot_be_encoded_is_the_handlers_fault(sessions: Sessions) -> None:
    def publish(message: OrderAccepted, work: UnitOfWork) -> None:
        work.publish(ServiceFailed(order_id=message.order_id, code="c", reason=object()))  # type: ignore[arg-type]

    consume_with(sessions, publish)

    assert [row.why for row in dead_letter_rows(sessions)] == [DeadLetterReason.BUG]


def test_a_transient_failure_parks_nothing_and_leaves_the_rest_to_be_received_again(
    sessions: Sessions,
) -> None:
    handler = FailingHandler(database_outage)

    with pytest.raises(OperationalError):
        consume_with(sessions, handler, record_of(completed()))

    assert handler.calls == 1
    assert not dead_letter_rows(sessions)
    assert logged_types(sessions) == []


async def test_a_transient_failure_is_waited_out_and_earlier_commits_are_published(
    sessions: Sessions,
) -> None:
    broker = FakeBroker()
    publisher = Publisher(Writer(sessions), broker)
    await publisher._catch_up()  # noqa: SLF001  as `run` does
    seen: list[list[str]] = []

    def fail_after_the_first_half(message: OrderAccepted, work: UnitOfWork) -> None:
        if message.order_id == OTHER and len(seen) < 3:
            seen.append([record.type for record in broker.got])
            raise database_outage() if len(seen) > 1 else ConflictError
        log_message(message, work)
        work.publish(ServiceFailed(order_id=message.order_id, code="", reason=""))

    dispatcher = Dispatcher(sessions, with_handler(fail_after_the_first_half))
    records = [
        record_of(each, Causation(each.key, each.key, TENANT))
        for each in (accepted(), accepted(OTHER))
    ]
    await retry_while_unavailable(publisher.writer, partial(dispatcher.handle_batch_now, records))

    # Together they break a rule, so the batch is halved; the second half meets an outage.
    assert seen == [[], [], ["provisioning.service_failed.v1"]]
    assert logged_types(sessions) == logged_types(sessions, OTHER) == ["order.accepted"]
    await until(lambda: len(broker.got) == 2)
    assert not dead_letter_rows(sessions)
