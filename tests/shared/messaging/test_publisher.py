"""The publisher: committed messages are sent in order, also after crashes."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import msgspec
import pytest
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from shared.contracts import Message, ReleaseRequested, ServiceFailed, ServiceResumed
from shared.messaging.commit_context import CommitContext
from shared.messaging.outbox import PendingRow
from shared.messaging.publisher import SWEEP_SIZE, Publisher
from shared.messaging.writer import Writer
from shared.persistence.database import Sessions
from tests.kernel import (
    commit_messages,
    commit_messages_in,
    count_of,
    database_outage,
    statements,
    until,
)
from tests.shared.fake_producer import FakeProducer, FakeTopic
from tests.shared.order_log import ORDER, OTHER

RELEASE = ReleaseRequested(order_id=ORDER)
RESUMED = ServiceResumed(order_id=ORDER, step="a")
FAILED = ServiceFailed(order_id=ORDER, code="", reason="")
IN_ORDER = [
    "provisioning.release_requested",
    "provisioning.service_resumed",
    "provisioning.service_failed",
]


@pytest.fixture
def topic() -> FakeTopic:
    """The topic of the test."""
    return FakeTopic()


@pytest.fixture
async def publisher(sessions: Sessions, topic: FakeTopic) -> AsyncIterator[Publisher]:
    """A running publisher that sends directly after commits."""
    publisher = Publisher(Writer(sessions), FakeProducer(topic))
    running = asyncio.create_task(publisher.run())
    await until(lambda: publisher.is_direct)
    yield publisher
    running.cancel()


async def commit(publisher: Publisher, sessions: Sessions, *messages: Message) -> None:
    """Publish messages in a transaction of the writer."""
    await publisher.writer.commit(
        lambda commit_context: commit_messages_in(sessions, commit_context, *messages)
    )


async def test_a_message_is_sent_after_the_commit_and_then_marked_as_published(
    sessions: Sessions, publisher: Publisher, topic: FakeTopic
) -> None:
    seen: list[list[str]] = []

    def transact(commit_context: CommitContext) -> None:
        commit_messages_in(sessions, commit_context, RELEASE, RESUMED)
        seen.append(topic.types)

    await publisher.writer.commit(transact)

    assert seen == [[]]
    assert topic.types == IN_ORDER[:2]
    assert count_of(sessions, PendingRow) == 2
    await until(lambda: count_of(sessions, PendingRow) == 0)


async def test_what_is_rolled_back_is_never_sent(
    sessions: Sessions, publisher: Publisher, topic: FakeTopic
) -> None:
    def transact(commit_context: CommitContext) -> None:
        commit_messages_in(sessions, commit_context, RELEASE)
        raise ZeroDivisionError

    def refused(_: CommitContext) -> None:
        raise ZeroDivisionError

    for each in (refused, transact):
        with pytest.raises(ZeroDivisionError):
            await publisher.writer.commit(each)

    # The transaction that was committed before the failure is published; the other is not.
    assert topic.types == IN_ORDER[:1]


async def test_messages_of_a_failed_commit_are_never_sent(
    sessions: Sessions, publisher: Publisher, topic: FakeTopic
) -> None:
    def fail(_: object) -> None:
        raise database_outage()

    engine = sessions.kw["bind"]
    event.listen(engine, "commit", fail)
    try:
        with pytest.raises(OperationalError):
            await commit(publisher, sessions, RELEASE)
    finally:
        event.remove(engine, "commit", fail)
    await commit(publisher, sessions, RESUMED)

    assert topic.types == IN_ORDER[1:2]


async def test_what_a_crash_left_behind_is_sent_by_the_next_start(
    sessions: Sessions, topic: FakeTopic
) -> None:
    commit_messages(sessions, RELEASE, RESUMED)
    publisher = Publisher(Writer(sessions), FakeProducer(topic))

    running = asyncio.create_task(publisher.run())
    await until(lambda: publisher.is_direct)
    await commit(publisher, sessions, FAILED)
    running.cancel()

    assert topic.types == IN_ORDER
    await publisher.close()
    assert count_of(sessions, PendingRow) == 0


async def test_what_another_process_left_behind_is_sent_after_a_while(
    sessions: Sessions, publisher: Publisher, topic: FakeTopic
) -> None:
    """The records of tests have the time NOON, so they are stale."""
    commit_messages(sessions, RELEASE)

    await until(lambda: topic.types == IN_ORDER[:1])
    await until(lambda: count_of(sessions, PendingRow) == 0 and publisher.is_direct)


async def test_nothing_overtakes_what_another_process_left_under_the_same_key(
    sessions: Sessions, publisher: Publisher, topic: FakeTopic
) -> None:
    commit_messages(sessions, RELEASE)

    await commit(publisher, sessions, RESUMED)

    assert topic.types == IN_ORDER[:2]


async def test_two_publishers_of_one_key_never_overtake_each_other(sessions: Sessions) -> None:
    """Each has records in flight when the other commits; in any order of arrival none is early."""
    topic = FakeTopic()
    producers = [FakeProducer(topic, paused=True) for _ in range(2)]
    publishers = [Publisher(Writer(sessions), producer) for producer in producers]
    for publisher in publishers:
        await publisher._catch_up()  # noqa: SLF001  as `run` does

    for round_ in range(6):
        await commit(publishers[round_ % 2], sessions, RESUMED)
    producers[1].deliver()
    producers[0].deliver()

    assert topic.sequences_by_key() == {ORDER: [1, 2, 3, 4, 5, 6]}


async def test_only_keys_with_pending_records_are_published_from_the_table(
    sessions: Sessions, publisher: Publisher, topic: FakeTopic
) -> None:
    commit_messages(sessions, RELEASE, *(ReleaseRequested(order_id=uuid4()) for _ in range(20)))

    await commit(publisher, sessions, RESUMED, ServiceResumed(order_id=OTHER, step=""))

    assert topic.types == [IN_ORDER[0], IN_ORDER[1], IN_ORDER[1]]
    assert topic.sequences_by_key() == {ORDER: [1, 2], OTHER: [1]}


async def test_a_commit_whose_answer_was_lost_lets_nothing_of_its_key_overtake(
    sessions: Sessions, publisher: Publisher, topic: FakeTopic
) -> None:
    def commit_and_lose_the_answer(commit_context: CommitContext) -> None:
        commit_messages_in(sessions, commit_context, RELEASE)
        commit_context.results.clear()
        raise database_outage()

    with pytest.raises(OperationalError):
        await publisher.writer.commit(commit_and_lose_the_answer)
    await commit(publisher, sessions, RESUMED)

    assert topic.types[:2] == IN_ORDER[:2]


async def test_messages_of_a_commit_whose_answer_was_lost_are_published_soon(
    sessions: Sessions, publisher: Publisher, topic: FakeTopic
) -> None:
    def commit_and_lose_the_answer(_: CommitContext) -> None:
        commit_messages_in(sessions, CommitContext(uuid4()), RELEASE, now=datetime.now(UTC))
        raise database_outage()

    with pytest.raises(OperationalError):
        await publisher.writer.commit(commit_and_lose_the_answer)

    await until(lambda: topic.types[:1] == IN_ORDER[:1], timeout_s=5)


async def test_many_pending_records_are_swept_in_their_order(
    sessions: Sessions, topic: FakeTopic
) -> None:
    orders = [uuid4() for _ in range(SWEEP_SIZE // 2)]
    for message in (RELEASE, RESUMED, FAILED):
        kind = type(message)
        names = [each.name for each in msgspec.structs.fields(kind) if each.required]
        fields: dict[str, Any] = dict.fromkeys(names[1:], "")
        commit_messages(sessions, *(kind(order_id=each, **fields) for each in orders))
    publisher = Publisher(Writer(sessions), FakeProducer(topic))

    running = asyncio.create_task(publisher.run())
    await until(lambda: publisher.is_direct)
    running.cancel()

    assert topic.sequences_by_key() == {each: [1, 2, 3] for each in orders}
    assert len(topic.log) == 3 * len(orders)


async def test_a_commit_without_messages_costs_nothing(
    sessions: Sessions, publisher: Publisher
) -> None:
    await publisher.maintain()
    with statements(sessions) as executed:
        await publisher.maintain()
        await publisher.writer.commit(lambda _: None)

    assert executed == []


async def test_a_commit_that_makes_work_for_the_runner_wakes_it(
    sessions: Sessions, publisher: Publisher
) -> None:
    woken: list[str] = []

    def commit_with_callback(commit_context: CommitContext) -> None:
        commit_messages_in(sessions, commit_context, RELEASE)
        commit_context.results[0].callbacks = [lambda: woken.append("up")]

    await commit(publisher, sessions, RESUMED)
    assert woken == []
    await publisher.writer.commit(commit_with_callback)
    assert woken == ["up"]


async def test_an_orderly_end_marks_what_was_sent(sessions: Sessions, topic: FakeTopic) -> None:
    publisher = Publisher(Writer(sessions), FakeProducer(topic))
    await publisher._catch_up()  # noqa: SLF001  as `run` does
    await commit(publisher, sessions, RELEASE)

    await publisher.close()

    assert count_of(sessions, PendingRow) == 0


async def test_messages_committed_in_an_unproven_database_are_sent_after_the_proof(
    sessions: Sessions, publisher: Publisher, topic: FakeTopic
) -> None:
    publisher.writer.certainty.mark_unproven()
    publisher.writer.certainty.serve_without_proof()

    await commit(publisher, sessions, RELEASE)

    assert (topic.types, count_of(sessions, PendingRow)) == ([], 1)
    publisher.writer.certainty.mark_proven()
    await until(lambda: topic.types == [RELEASE.name])
