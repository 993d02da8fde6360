"""A broker that hangs accepts connections and never answers; requests are served all the same."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager

import pytest
from kafka.errors import KafkaError

from deploy.local.kafka import Kafka
from shared.config.settings import Settings
from shared.errors import UnavailableError
from shared.kafka import admin, topic_reader
from shared.kafka.producer import Producer
from shared.kafka.topic_reader import TopicReader
from shared.messaging.publisher import Publisher
from shared.messaging.writer import Writer
from shared.persistence.database import Sessions
from shared.recovery.loss_detection import ServiceTopics
from shared.recovery.recovery import Recovery
from shared.recovery.takeover import Takeover
from tests.kernel import until
from tests.shared.consuming import accepted_records, produce
from tests.shared.order_log import ORDER, SUBSCRIPTIONS
from tests.shared.service_process import running_process
from tests.suspension import suspended

FEW_S = 25.0
"""Seconds. The clients give up by themselves after 30 or 40; the machine may be busy."""


@pytest.fixture
async def silent() -> AsyncIterator[str]:
    """An address that accepts connections and never answers."""

    async def never_answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.Event().wait()
        writer.close()

    server = await asyncio.start_server(never_answer, "127.0.0.1", 0)
    yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    server.close()


@pytest.fixture
async def own(settings: Settings, own_kafka: Kafka) -> Settings:
    """Settings with the module's own broker, which has the topics."""
    found = settings.model_copy(update={"kafka": own_kafka.bootstrap_address})
    await until(lambda: has_topics(found))
    return found


def has_topics(settings: Settings) -> bool:
    """Make the topics; return False while a resumed broker has no leader yet."""
    try:
        admin.create_topics(settings)
    except KafkaError:
        return False
    return True


@asynccontextmanager
async def within(seconds: float) -> AsyncIterator[None]:
    """Expect an UnavailableError within this time."""
    began = time.monotonic()
    with pytest.raises(UnavailableError):
        yield
    assert time.monotonic() - began < seconds


async def fails_in_time(request: Awaitable[object]) -> None:
    """Expect that a request reports in time that the broker is out."""
    async with within(FEW_S):
        await request


async def test_a_broker_that_hangs_is_out_after_a_few_seconds(
    settings: Settings, silent: str
) -> None:
    async with within(FEW_S), TopicReader(settings.model_copy(update={"kafka": silent})):
        pass


async def test_an_address_that_hangs_is_passed_over(settings: Settings, silent: str) -> None:
    admin.create_topics(settings)
    cluster = settings.model_copy(update={"kafka": f"{silent}, {settings.kafka}"})

    async with asyncio.timeout(FEW_S), TopicReader(cluster) as reader:
        sources = await reader.partitions(["order"])
        offsets = await reader.committed_offsets(sources)

    assert (len(sources), offsets) == (admin.PARTITIONS, {})


async def test_no_request_to_a_suspended_broker_takes_more_than_a_few_seconds(
    own: Settings, own_kafka: Kafka
) -> None:
    async with TopicReader(own) as reader:
        sources = await reader.partitions(["order"])
        requests = (
            reader.partitions(["order"]),
            reader.end_offsets(sources),
            reader.committed_offsets(sources),
            asyncio.to_thread(admin.claim_topics_if_free, own, "tests"),
        )
        with suspended(own_kafka.server):
            await asyncio.gather(*map(fails_in_time, requests))


async def test_reading_continues_when_records_take_longer_than_a_request_may(
    own: Settings, own_kafka: Kafka, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(topic_reader, "FETCH_TIMEOUT_MS", 60_000)
    await produce(own, accepted_records([ORDER]))
    async with TopicReader(own) as reader:
        ends = await reader.end_offsets(await reader.partitions(["order"]))
        with suspended(own_kafka.server) as resume:
            asyncio.get_running_loop().call_later(topic_reader.REQUEST_TIMEOUT_S + 1, resume)
            read = [each async for each in reader.read_merged(dict.fromkeys(ends, 0), ends)]

    assert [len(each) for each in read] == [1]


@pytest.mark.usefixtures("keys", "sessions")
async def test_a_process_that_starts_while_the_broker_hangs_serves_requests_soon(
    settings: Settings, silent: str
) -> None:
    with running_process(settings.model_copy(update={"kafka": silent})) as running:
        await until(running.is_ready, timeout_s=30)


async def test_after_a_connection_was_lost_requests_are_served_soon_while_the_broker_hangs(
    sessions: Sessions, settings: Settings, silent: str
) -> None:
    admin.create_topics(settings)
    publisher = Publisher(Writer(sessions), Producer(settings))
    service_topics = ServiceTopics("order", (), frozenset())
    recovery = Recovery(settings, sessions, publisher, service_topics, Takeover(SUBSCRIPTIONS))
    publisher.writer.certainty.on_unproven = recovery.request_check
    running = asyncio.ensure_future(recovery.run(None))
    await until(recovery.is_done.is_set)

    recovery.settings = settings.model_copy(update={"kafka": silent})
    publisher.writer.certainty.request_proof()
    refused = not publisher.writer.certainty.may_serve
    await until(lambda: publisher.writer.certainty.may_serve, timeout_s=FEW_S)
    running.cancel()

    assert (refused, publisher.writer.certainty.is_proven) == (True, False)
