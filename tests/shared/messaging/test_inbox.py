"""The inbox: every message is handled once, in order, a batch in one transaction."""

from collections.abc import Sequence
from uuid import UUID, uuid4

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st
from sqlalchemy.orm import sessionmaker

from shared.contracts import (
    Causation,
    Message,
    OrderAccepted,
    ReleaseRequested,
    ResourcesAssigned,
    ServiceCompleted,
)
from shared.messaging.dispatcher import (
    Dispatcher,
    group_by_subscription,
    index_subscriptions,
    on,
    on_batch,
)
from shared.messaging.inbox import InboxRow, OpenedMessage
from shared.messaging.outbox import PendingRow
from shared.messaging.unit_of_work import Transaction, UnitOfWork, UnitOfWorkBatch
from shared.persistence.database import Sessions
from tests.kernel import (
    TENANT,
    consume,
    consume_records,
    consumed_offsets,
    count_of,
    dead_letter_rows,
    history,
    published_types,
    record_of,
    statements,
)
from tests.shared.order_log import (
    ORDER,
    ORDER_LOGS,
    OTHER,
    SUBSCRIPTIONS,
    OrderLog,
    accepted,
    assigned,
    completed,
    log_message,
    logged_types,
)


def test_a_message_is_handled_once_however_often_a_batch_holds_it(sessions: Sessions) -> None:
    consume(sessions, SUBSCRIPTIONS, accepted(), accepted(), accepted())

    assert logged_types(sessions) == ["order.accepted"]
    assert published_types(sessions) == ["provisioning.release_requested.v1"]


def test_a_message_is_handled_once_however_many_batches_bring_it(sessions: Sessions) -> None:
    for _ in range(3):
        consume(sessions, SUBSCRIPTIONS, accepted(), assigned())

    assert logged_types(sessions) == ["order.accepted", "resources.assigned"]
    assert published_types(sessions) == ["provisioning.release_requested.v1"]
    assert not dead_letter_rows(sessions)


def test_a_batch_costs_as_many_statements_as_one_message(sessions: Sessions) -> None:
    with statements(sessions) as for_one:
        consume(sessions, SUBSCRIPTIONS, accepted(), assigned(OTHER))
    with statements(sessions) as for_many:
        orders = [uuid4() for _ in range(150)]
        others = [uuid4() for _ in range(150)]
        consume(sessions, SUBSCRIPTIONS, *map(accepted, orders), *map(assigned, others))

    assert len(for_many) == len(for_one)
    assert len(for_one) == 5, for_one  # inbox, read, write, sequences, outbox


def test_messages_of_one_key_are_handled_in_their_order(sessions: Sessions) -> None:
    consume(sessions, SUBSCRIPTIONS, accepted(), assigned(), completed())

    assert logged_types(sessions) == [
        "order.accepted",
        "resources.assigned",
        "provisioning.service_completed",
    ]


def test_changes_messages_and_offsets_are_committed_together(
    sessions: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bug in the kernel is raised, and its batch is rolled back."""

    def fail(*_: object) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as broken:
        broken.setattr(Transaction, "finish", fail)
        with pytest.raises(ZeroDivisionError):
            consume(sessions, SUBSCRIPTIONS, accepted(), assigned(OTHER))

    assert logged_types(sessions) == []
    assert count_of(sessions, InboxRow) == count_of(sessions, PendingRow) == 0
    assert consumed_offsets(sessions) == {}
    assert not dead_letter_rows(sessions)


def test_the_offset_reached_in_every_partition_is_written_with_the_batch(
    sessions: Sessions,
) -> None:
    records = [
        record_of(accepted(), offset=40),
        record_of(accepted(OTHER), offset=7),
        record_of(accepted(UUID(int=ORDER.int + 12)), offset=41),
    ]

    consume_records(sessions, SUBSCRIPTIONS, records)

    assert consumed_offsets(sessions) == {records[0].source: 42, records[1].source: 8}
    assert records[0].source == records[2].source


def test_the_offset_advances_over_known_and_unsubscribed_records(sessions: Sessions) -> None:
    unsubscribed = record_of(ReleaseRequested(order_id=ORDER), offset=3)
    consume_records(sessions, SUBSCRIPTIONS, [record_of(accepted(), offset=9), unsubscribed])

    consume_records(sessions, SUBSCRIPTIONS, [record_of(accepted(), offset=10)])

    assert consumed_offsets(sessions) == {f"order/{ORDER.int % 12}": 11, unsubscribed.source: 4}


def test_an_unknown_type_is_ignored(sessions: Sessions) -> None:
    unsubscribed = record_of(ReleaseRequested(order_id=ORDER))
    nameless = unsubscribed._replace(type="", offset=2)

    consume_records(sessions, SUBSCRIPTIONS, [unsubscribed, nameless, record_of(accepted())])

    assert logged_types(sessions) == ["order.accepted"]
    assert not dead_letter_rows(sessions)


def test_a_record_without_a_subscription_is_not_even_read(sessions: Sessions) -> None:
    garbage = record_of(accepted())._replace(type="weather.changed.v1", body=b"rain")

    consume_records(sessions, SUBSCRIPTIONS, [garbage])

    assert not dead_letter_rows(sessions)


def test_a_handler_sees_the_tenant_and_the_cause_of_its_message(sessions: Sessions) -> None:
    seen: list[UnitOfWork] = []
    cause = Causation(uuid4(), uuid4(), "zhejiang", "0571")

    record = record_of(accepted(), cause)
    consume_records(
        sessions,
        index_subscriptions(on(OrderAccepted, lambda _, work: seen.append(work))),
        [record],
    )

    (work,) = seen
    assert (work.tenant, work.local_network) == ("zhejiang", "0571")
    assert work.cause.correlation_id == cause.correlation_id


def test_the_history_is_written_with_the_change(sessions: Sessions) -> None:
    def record_change(message: OrderAccepted, work: UnitOfWork) -> None:
        work.record_change("order", message.order_id, "", "acknowledged", part="1", reason="new")

    consume(sessions, index_subscriptions(on(OrderAccepted, record_change)), accepted())

    assert history(sessions) == [("order", "1", "", "acknowledged")]


def test_what_is_put_twice_in_a_batch_is_written_as_it_was_put_last(sessions: Sessions) -> None:
    def write_twice(message: OrderAccepted, work: UnitOfWork) -> None:
        log_message(message, work)
        ORDER_LOGS.put(work.session, OrderLog(message.order_id, ("last.v1",), work.now))

    consume(sessions, index_subscriptions(on(OrderAccepted, write_twice)), accepted())

    assert logged_types(sessions) == ["last"]


def one(_message: Message, _work: UnitOfWork) -> None:
    """Handle one message."""


def many(_messages: Sequence[Message], _batch: UnitOfWorkBatch) -> None:
    """Handle many."""


MIXED = index_subscriptions(
    on_batch(OrderAccepted, many), on(ServiceCompleted, one), on_batch(ResourcesAssigned, many)
)
KEYS = st.builds(UUID, int=st.integers(1, 4))
MESSAGES = st.one_of(
    KEYS.map(accepted),
    KEYS.map(completed),
    KEYS.map(assigned),
)


@for_all(st.lists(MESSAGES, max_size=12))
def test_taking_messages_all_at_once_keeps_the_order_of_every_key(
    messages: list[OrderAccepted],
) -> None:
    records = [record_of(each, Causation(uuid4(), uuid4(), TENANT)) for each in messages]
    dispatcher = Dispatcher(sessionmaker(), MIXED)  # it opens records, and stores nothing
    opened: list[OpenedMessage] = list(dispatcher.open_all(records))

    groups = [group for _, group in group_by_subscription(opened, MIXED)]

    handled = [each for group in groups for each in group]
    for key in {message.order_id for message in messages}:
        assert [each for each in handled if each.envelope.subject == key] == [
            each for each in opened if each.envelope.subject == key
        ]
    for group in groups:
        assert len({each.envelope.subject for each in group}) == len(group)
