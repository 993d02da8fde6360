"""Publishes to Kafka, with aiokafka. Only this module, lag.py and topic_reader.py import aiokafka.

Idempotent: the broker drops a record that is sent twice because its answer was lost,
and keeps the order in which the records of a partition were sent.
"""

import asyncio
from asyncio import Future
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from functools import lru_cache
from typing import Any, TypeAlias

import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from aiokafka.helpers import create_ssl_context
from aiokafka.partitioner import murmur2

from shared.backoff import Backoff
from shared.config.kafka import BROKER_PAUSES
from shared.config.settings import Settings
from shared.errors import UnavailableError
from shared.kafka.record_types import OutboxRecord

MAX_BATCH_BYTES = 1 << 18
"""Bytes that may wait for one partition; more than one batch of the publisher."""

REQUEST_TIMEOUT_MS = 10_000
"""A request fails after this; an idempotent producer then retries it without end."""

CLOSE_TIMEOUT_S = 3.0
CANCEL_TIMEOUT_S = 0.1

log = structlog.get_logger()


TopicCheck: TypeAlias = Callable[[], Awaitable[None]]
"""Raises UnavailableError if the topics must not be used."""


async def allow_all_topics() -> None:
    """Allow all topics: for tools and tests with topics of their own."""


class Producer:
    """Sends records to the broker."""

    def __init__(self, settings: Settings, check_topics: TopicCheck = allow_all_topics) -> None:
        """Create a producer that calls `check_topics` after each connect to the broker."""
        self._settings = settings
        self._check_topics = check_topics
        self._kafka: AIOKafkaProducer | None = None

    async def open(self) -> None:
        """Connect to the broker.

        Raises:
            UnavailableError: if it is out, or its topics belong to another installation.
        """
        kafka = AIOKafkaProducer(**producer_options(self._settings))
        try:
            await kafka.start()
            await self._check_topics()
        except (KafkaError, OSError, UnavailableError) as error:
            with suppress(KafkaError, OSError):
                await kafka.stop()
            raise UnavailableError(str(error)) from error
        self._kafka = kafka

    async def close(self) -> None:
        """Disconnect from the broker; unconfirmed records may or may not arrive."""
        kafka, self._kafka = self._kafka, None
        if kafka:
            with suppress(KafkaError, OSError):
                try:
                    async with asyncio.timeout(CLOSE_TIMEOUT_S):
                        await kafka.flush()
                except TimeoutError:
                    await _cancel_sender(kafka)
                await kafka.stop()

    async def send(self, record: OutboxRecord) -> "Future[Any]":
        """Queue one record; the future is done once all replicas confirmed it.

        Raises:
            UnavailableError: if there is no connection, or the record cannot be queued.
        """
        if self._kafka is None:
            msg = "there is no connection to Kafka"
            raise UnavailableError(msg)
        try:
            sent: Future[Any] = await self._kafka.send(
                self._settings.topic_prefix + record.topic,
                value=record.body,
                key=record.key.bytes,
                headers=[("id", record.id.bytes), ("type", record.type.encode())],
            )
        except KafkaError as error:
            raise UnavailableError(str(error)) from error
        return sent

    async def end_offsets(self) -> dict[str, int]:
        """Return the end offsets of all topics, by topic and partition.

        Raises:
            UnavailableError: if the broker is out.
        """
        return await asyncio.to_thread(end_offsets, self._settings)


def end_offsets(settings: Settings) -> dict[str, int]:
    """Return the end offset of each partition of all topics, from a thread.

    Raises:
        UnavailableError: if the broker is out.
    """
    # kafka-python costs a third of a second to import.
    from shared.kafka import admin  # noqa: PLC0415

    return admin.end_offsets(settings, admin.partition_names())


async def _cancel_sender(kafka: AIOKafkaProducer) -> None:
    """End the task that `stop` would wait for: it retries without end while the broker is out."""
    # aiokafka has no other way; cancelled once, the task waits for its own tasks.
    sender, queue = kafka._sender.sender_task, kafka._message_accumulator  # noqa: SLF001
    while not sender.done():
        sender.cancel()
        await asyncio.wait({sender}, timeout=CANCEL_TIMEOUT_S)
    queue._batches.clear()  # noqa: SLF001
    queue._pending_batches.clear()  # noqa: SLF001


async def wait_for_broker(settings: Settings, check_topics: TopicCheck = allow_all_topics) -> None:
    """Return once the broker is reachable and its topics may be used."""
    probe, backoff = Producer(settings, check_topics), Backoff(*BROKER_PAUSES)
    while True:
        try:
            await probe.open()
        except UnavailableError as error:
            seconds = backoff.pause.total_seconds()
            log.info("broker.unavailable", reason=str(error), seconds=seconds)
            await backoff.sleep()
        else:
            return await probe.close()


@lru_cache(maxsize=4096)
def hash_key(key: bytes) -> int:
    """Return the hash of a key as Kafka's own clients have it; an order has several messages."""
    return int(murmur2(key)) & 0x7FFFFFFF


def choose_partition(key: bytes, partitions: Sequence[int], available: Sequence[int]) -> int:
    """Return the partition of a key, as Kafka's own clients do."""
    del available
    return partitions[hash_key(key) % len(partitions)]


def producer_options(settings: Settings) -> dict[str, Any]:
    """Return the options of our producers."""
    return connection_options(settings) | {
        "enable_idempotence": True,
        "acks": "all",
        "max_batch_size": MAX_BATCH_BYTES,
        "partitioner": choose_partition,
        "request_timeout_ms": REQUEST_TIMEOUT_MS,
    }


def connection_options(settings: Settings) -> dict[str, Any]:
    """Return the connection options of aiokafka, for every kind of client."""
    secure = settings.kafka_security in {"ssl", "sasl_ssl"}
    ca = str(settings.kafka_ca) if settings.kafka_ca else None
    return {
        "bootstrap_servers": settings.kafka,
        "security_protocol": settings.kafka_security.upper(),
        "ssl_context": create_ssl_context(cafile=ca) if secure else None,
        "sasl_mechanism": settings.kafka_mechanism.upper(),
        "sasl_plain_username": settings.kafka_user or None,
        "sasl_plain_password": settings.kafka_password or None,
    }
