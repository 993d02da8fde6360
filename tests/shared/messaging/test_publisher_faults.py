"""The publisher under failures: commits continue, and every key keeps its order."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from shared.contracts import ReleaseRequested
from shared.errors import UnavailableError
from shared.kafka.record_types import OutboxRecord
from shared.messaging import producer_port
from shared.messaging import publisher as publisher_module
from shared.messaging.commit_context import CommitContext
from shared.messaging.outbox import PendingRow
from shared.messaging.publisher import Publisher
from shared.messaging.writer import Writer
from shared.persistence.database import Sessions, make_sessions
from tests.kernel import commit_messages, commit_messages_in, count_of, until
from tests.shared.fake_producer import FakeProducer, FakeTopic, running_publishers
from tests.shared.order_log import ORDER, OTHER

SOON = timedelta(milliseconds=100)


@pytest.fixture
def topic() -> FakeTopic:
    """The topic of the test."""
    return FakeTopic()


@pytest.fixture(autouse=True)
def short_intervals(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for tenths of a second instead of seconds."""
    monkeypatch.setattr(publisher_module, "CONFIRM_INTERVAL", SOON / 5)
    monkeypatch.setattr(publisher_module, "BROKER_PAUSES", (SOON, SOON))
    monkeypatch.setattr(publisher_module, "HAND_OVER_TIMEOUT", SOON)
    monkeypatch.setattr(publisher_module, "STALE_AFTER", 2 * SOON)
    monkeypatch.setattr(producer_port, "CONFIRM_TIMEOUT", SOON)


async def release(publisher: Publisher, sessions: Sessions, order_id: UUID = ORDER) -> None:
    """Publish a message about an order."""
    message, now = ReleaseRequested(order_id=order_id), datetime.now(UTC)
    await publisher.writer.commit(
        lambda commit_context: commit_messages_in(sessions, commit_context, message, now=now)
    )


async def test_while_the_broker_is_out_commits_go_on_and_the_table_keeps_the_order(
    sessions: Sessions, topic: FakeTopic
) -> None:
    publisher = Publisher(Writer(sessions), FakeProducer(topic))
    with running_publishers(publisher):
        await until(lambda: publisher.is_direct)
        await release(publisher, sessions)
        topic.is_out = True
        async with asyncio.timeout(10):
            for _ in range(20):
                await release(publisher, sessions)
        assert topic.sequences_by_key() == {ORDER: [1]}

        topic.is_out = False
        await until(lambda: len(topic.sequences_by_key()[ORDER]) == 21)
        await release(publisher, sessions)
        await until(lambda: len(topic.sequences_by_key()[ORDER]) == 22)

    assert topic.sequences_by_key() == {ORDER: list(range(1, 23))}


async def test_a_start_needs_no_broker(sessions: Sessions, topic: FakeTopic) -> None:
    topic.is_out = True
    publisher = Publisher(Writer(sessions), FakeProducer(topic))
    with running_publishers(publisher):
        await release(publisher, sessions)
        assert not publisher.is_direct
        topic.is_out = False
        await until(lambda: publisher.is_direct)

    assert topic.sequences_by_key() == {ORDER: [1]}


async def test_a_record_that_was_not_sent_is_sent_from_the_table(
    sessions: Sessions, topic: FakeTopic
) -> None:
    producer = FakeProducer(topic, paused=True)
    publisher = Publisher(Writer(sessions), producer)
    with running_publishers(publisher):
        await until(lambda: publisher.is_direct)
        await release(publisher, sessions)
        producer.fail()
        await until(lambda: not publisher.is_direct)
        await release(publisher, sessions)
        producer.paused = False
        await until(lambda: len(topic.sequences_by_key().get(ORDER, [])) == 2)

    assert topic.sequences_by_key() == {ORDER: [1, 2]}


class FailingProducer(FakeProducer):
    """It loses the first record that it gets while the writer's lock is held."""

    def __init__(self, topic: FakeTopic) -> None:
        super().__init__(topic)
        self.writer_lock = asyncio.Lock()
        self.has_failed = False

    async def send(self, record: OutboxRecord) -> "asyncio.Future[object]":
        """Lose one record; send all before and after it."""
        if not self.writer_lock.locked() or self.has_failed:
            await asyncio.sleep(0)
            return await super().send(record)
        self.has_failed = self.paused = True
        sent = await super().send(record)
        self.fail()
        self.paused = False
        return sent


async def test_a_record_that_fails_during_the_hand_over_is_sent_at_once(
    sessions: Sessions, topic: FakeTopic, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last records are handed over unconfirmed; a lost one does not wait for STALE_AFTER."""
    monkeypatch.setattr(publisher_module, "STALE_AFTER", timedelta(hours=1))
    producer = FailingProducer(topic)
    publisher = Publisher(Writer(sessions), producer)
    producer.writer_lock = publisher.writer.lock
    sweep = publisher._sweep_once  # noqa: SLF001

    async def sweep_and_commit() -> int:
        count = await sweep()
        if not producer.has_failed:
            both = [ReleaseRequested(order_id=each) for each in (ORDER, OTHER)]
            commit_messages_in(sessions, CommitContext(uuid4()), *both, now=datetime.now(UTC))
        return count

    publisher._sweep_once = sweep_and_commit  # type: ignore[method-assign]  # noqa: SLF001
    with running_publishers(publisher):
        await until(lambda: len(topic.sequences_by_key()) == 2)

    assert topic.sequences_by_key() == {OTHER: [1], ORDER: [1]}


async def test_a_broker_that_confirms_nothing_stops_no_commit(
    sessions: Sessions, topic: FakeTopic
) -> None:
    """Aiokafka's idempotent producer retries without end: its futures stay pending."""
    commit_messages(sessions, *(ReleaseRequested(order_id=uuid4()) for _ in range(5)))
    publisher = Publisher(Writer(sessions), FakeProducer(topic, paused=True))
    with running_publishers(publisher):
        async with asyncio.timeout(10):
            for _ in range(20):
                await release(publisher, sessions)
                await asyncio.sleep(0.02)

    assert count_of(sessions, PendingRow) == 25
    assert topic.log == []


async def test_a_producer_that_takes_nothing_stops_no_commit(
    sessions: Sessions, topic: FakeTopic
) -> None:
    class FullProducer(FakeProducer):
        """Its buffer is full."""

        async def send(self, record: object) -> "asyncio.Future[object]":
            del record
            await asyncio.Event().wait()
            raise AssertionError

    publisher = Publisher(Writer(sessions), FullProducer(topic))
    with running_publishers(publisher):
        await until(lambda: publisher.is_direct)
        async with asyncio.timeout(10):
            for _ in range(20):
                await release(publisher, sessions)
        assert not publisher.is_direct


async def test_a_broker_that_was_wiped_is_sent_the_archive_again(
    sessions: Sessions, topic: FakeTopic
) -> None:
    publisher = Publisher(Writer(sessions), FakeProducer(topic))
    with running_publishers(publisher):
        await until(lambda: publisher.is_direct)
        for _ in range(3):
            await release(publisher, sessions)
        await until(lambda: count_of(sessions, PendingRow) == 0)
    await publisher.close()
    topic.log.clear()

    again = Publisher(Writer(sessions), FakeProducer(topic))
    with running_publishers(again):
        await until(lambda: again.is_direct)
        await release(again, sessions)

    assert [record.sequence for record in topic.log] == [1, 2, 3, 4]


async def test_a_broker_that_is_wiped_under_a_running_publisher_is_noticed_by_its_offsets(
    sessions: Sessions, topic: FakeTopic
) -> None:
    publisher = Publisher(Writer(sessions), FakeProducer(topic))
    with running_publishers(publisher):
        await until(lambda: publisher.is_direct)
        for _ in range(3):
            await release(publisher, sessions)
        await until(lambda: count_of(sessions, PendingRow) == 0)
        topic.log.clear()
        await release(publisher, sessions)

        await until(lambda: set(topic.sequences_by_key()[ORDER]) == {1, 2, 3, 4})


async def test_a_broker_that_is_wiped_while_nothing_is_published_is_noticed_in_time(
    sessions: Sessions, topic: FakeTopic, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publisher_module, "BROKER_CHECK_INTERVAL", SOON)
    publisher = Publisher(Writer(sessions), FakeProducer(topic))
    with running_publishers(publisher):
        await until(lambda: publisher.is_direct)
        await release(publisher, sessions)
        await until(lambda: count_of(sessions, PendingRow) == 0)
        topic.log.clear()

        await until(lambda: topic.sequences_by_key() == {ORDER: [1]})


async def test_a_publisher_closes_without_a_database(topic: FakeTopic) -> None:
    nowhere = make_sessions("postgresql+psycopg://a:b@127.0.0.1:1/none")
    publisher = Publisher(Writer(nowhere), FakeProducer(topic))
    record = OutboxRecord(uuid4(), "", "a.b.v1", "a", ORDER, 1, b"")
    future = asyncio.get_running_loop().create_future()
    future.set_result(topic.append(record))
    publisher._on_confirmation(record, future)  # noqa: SLF001  it is sent, and cannot be marked

    await publisher.close()


async def test_what_cannot_be_queued_is_not_lost(sessions: Sessions, topic: FakeTopic) -> None:
    class RefusingProducer(FakeProducer):
        """It refuses every third record."""

        send_count = 0

        async def send(self, record: object) -> "asyncio.Future[object]":
            self.send_count += 1
            if self.send_count % 3 == 0:
                msg = "not now"
                raise UnavailableError(msg)
            return await super().send(record)  # type: ignore[arg-type]

    publisher = Publisher(Writer(sessions), RefusingProducer(topic))
    with running_publishers(publisher):
        for _ in range(7):
            await release(publisher, sessions)
        await until(lambda: len(topic.sequences_by_key().get(ORDER, [])) == 7)

    assert topic.sequences_by_key() == {ORDER: [1, 2, 3, 4, 5, 6, 7]}
