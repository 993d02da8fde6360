"""The publisher on a real broker: headers, crashes, and lost topics."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import partial
from typing import ClassVar
from uuid import UUID, uuid4

import pytest
from aiokafka import AIOKafkaProducer

from deploy.local.kafka import Kafka
from shared.config.settings import Settings
from shared.contracts import Message, ReleaseRequested
from shared.kafka import admin
from shared.kafka import producer as producer_module
from shared.kafka.producer import Producer
from shared.messaging.commit_context import CommitContext
from shared.messaging.outbox import MAX_MESSAGE_BYTES, PendingRow
from shared.messaging.publisher import Publisher
from shared.messaging.writer import Writer
from shared.persistence.database import Sessions
from tests.kernel import commit_messages_in, count_of, until
from tests.own_topics import PARTITIONS
from tests.shared.consuming import (
    RecordingHandler,
    accepted_records,
    consuming_topic,
    produce,
    seal_records,
)
from tests.shared.order_log import ORDER, accepted
from tests.suspension import suspended

pytestmark = pytest.mark.usefixtures("topics")


@pytest.fixture(scope="module")
def kafka(own_kafka: Kafka) -> Kafka:
    """A broker that these tests may stop, suspend and kill."""
    return own_kafka


@asynccontextmanager
async def running_publisher(sessions: Sessions, settings: Settings) -> AsyncIterator[Publisher]:
    """Run a publisher with a real producer."""
    publisher = Publisher(Writer(sessions), Producer(settings))
    running = asyncio.create_task(publisher.run())
    yield publisher
    running.cancel()
    await publisher.close()


async def publish(publisher: Publisher, sessions: Sessions, count: int, key: UUID = ORDER) -> None:
    """Publish so many messages about an order."""
    for _ in range(count):
        now = datetime.now(UTC)
        await publisher.writer.commit(partial(publish_now, sessions, accepted(key), now))


def publish_now(
    sessions: Sessions, message: Message, now: datetime, commit_context: CommitContext
) -> None:
    """Commit a transaction that publishes a message."""
    commit_messages_in(sessions, commit_context, message, now=now)


async def test_a_record_carries_its_key_its_body_and_its_type(settings: Settings) -> None:
    (sent,) = accepted_records([ORDER])
    await produce(settings, [sent])
    handler = RecordingHandler()

    async with consuming_topic(settings, handler):
        await until(lambda: bool(handler.records))

    (record,) = handler.records
    assert (record.key, record.body, record.type) == (
        ORDER.bytes,
        sent.body,
        sent.type,
    )


async def test_the_largest_record_is_accepted(settings: Settings) -> None:
    (small,) = seal_records([ReleaseRequested(order_id=ORDER)])
    await produce(settings, [small._replace(body=b"x" * MAX_MESSAGE_BYTES)])

    assert (
        sum(admin.end_offsets(settings, [f"{small.topic}/{n}" for n in range(PARTITIONS)]).values())
        == 1
    )


async def test_a_broker_that_dies_is_caught_up_with_in_order_and_stops_no_commit(
    sessions: Sessions, settings: Settings, kafka: Kafka, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(producer_module, "CLOSE_TIMEOUT_S", 0.2)
    handler = RecordingHandler()
    async with (
        running_publisher(sessions, settings) as publisher,
        consuming_topic(settings, handler),
    ):
        await until(lambda: publisher.is_direct)
        await publish(publisher, sessions, 5)
        kafka.kill()
        for _ in range(20):
            async with asyncio.timeout(4):  # a hand-over takes at most 2 s
                await publish(publisher, sessions, 10)
        kafka.start()
        await publish(publisher, sessions, 5)
        await until(lambda: len(set(handler.sequences_of(ORDER))) == 210, timeout_s=30)
        await until(lambda: count_of(sessions, PendingRow) == 0 and publisher.is_direct)

    assert list(dict.fromkeys(handler.sequences_of(ORDER))) == list(range(1, 211))


async def test_a_producer_that_is_closed_while_the_broker_hangs_leaves_no_task(
    settings: Settings, kafka: Kafka, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(producer_module, "CLOSE_TIMEOUT_S", 0.2)
    before = asyncio.all_tasks()
    producer = Producer(settings)
    await producer.open()
    await (await producer.send(accepted_records([ORDER])[0]))
    with suspended(kafka.server):
        sent = await producer.send(accepted_records([ORDER])[0])
        async with asyncio.timeout(5):
            await producer.close()
        await until(lambda: asyncio.all_tasks() == before)

    assert not sent.done()  # its record is pending in the table


async def test_a_broker_that_lost_its_topics_is_sent_the_archive_again(
    sessions: Sessions, settings: Settings
) -> None:
    others = [uuid4() for _ in range(5)]
    async with running_publisher(sessions, settings) as publisher:
        await until(lambda: publisher.is_direct)
        for key in (ORDER, *others):
            await publish(publisher, sessions, 2, key)
        await until(lambda: count_of(sessions, PendingRow) == 0)
    wipe(settings)

    handler = RecordingHandler()
    async with (
        running_publisher(sessions, settings) as publisher,
        consuming_topic(settings, handler),
    ):
        await until(lambda: publisher.is_direct)
        await publish(publisher, sessions, 1)
        await until(lambda: len(handler.records) == 13)

    assert handler.sequences_of(ORDER) == [1, 2, 3]
    assert all(handler.sequences_of(key) == [1, 2] for key in others)


class ReusedIdProducer(AIOKafkaProducer):  # type: ignore[misc]  # untyped
    """A producer with the id of an earlier one: a wiped broker assigns ids from 0 again."""

    ids: ClassVar[list[int]] = []

    async def start(self) -> None:
        """Start with the next of `ids`; if none is left, with an id of the broker."""
        if self.ids:
            self._txn_manager.set_pid_and_epoch(self.ids.pop(0), 0)
        await super().start()


async def test_a_record_that_the_broker_takes_for_one_of_an_earlier_producer_is_not_lost(
    sessions: Sessions, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(producer_module, "AIOKafkaProducer", ReusedIdProducer)
    monkeypatch.setattr(ReusedIdProducer, "ids", [1_000_007, 1_000_007])
    handler = RecordingHandler()
    for _ in range(2):
        async with running_publisher(sessions, settings) as publisher:
            await until(lambda: publisher.is_direct)
            await publish(publisher, sessions, 1)
            await until(lambda: count_of(sessions, PendingRow) == 0)

    async with consuming_topic(settings, handler):
        await until(lambda: handler.sequences_of(ORDER) == [1, 2])


def wipe(settings: Settings) -> None:
    """Make the topics anew, empty."""
    client = admin.admin_client(settings)
    client.delete_topics([settings.topic_prefix + topic for topic in admin.topics()])
    client.close()
    deadline = asyncio.get_running_loop().time() + 20
    while not admin.create_topics(settings):
        assert asyncio.get_running_loop().time() < deadline


async def test_end_offsets_are_read_beside_unknown_partitions(
    settings: Settings,
) -> None:
    await produce(settings, accepted_records([ORDER]))
    known = [f"order/{n}" for n in range(PARTITIONS)]

    found = admin.end_offsets(settings, [*known, "nowhere/3", "order/99"])

    assert sum(found[each] for each in known) == 1
    assert (found["nowhere/3"], found["order/99"]) == (0, 0)
