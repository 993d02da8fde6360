"""Consumers and records on a real broker."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from kafka import KafkaAdminClient, TopicPartition
from kafka.structs import OffsetAndMetadata

from shared.config.settings import Settings
from shared.contracts import Causation, Message, read_envelope
from shared.kafka import admin
from shared.kafka.consumer import ConsumerConfig, HandleBatch, consuming
from shared.kafka.faust_transport import Offsets
from shared.kafka.producer import Producer
from shared.kafka.record_types import ConsumedRecord, OutboxRecord
from shared.messaging.outbox import MessageDraft, make_records
from tests.conftest import NOON
from tests.kernel import TENANT
from tests.shared.order_log import SUBSCRIPTIONS, accepted

TYPES = tuple(SUBSCRIPTIONS)


def seal_records(messages: Sequence[Message]) -> list[OutboxRecord]:
    """Seal messages, numbered within their keys."""
    drafts = [MessageDraft.of(each, Causation(uuid4(), each.key, TENANT), 0) for each in messages]
    return make_records(drafts, dict.fromkeys((each.key for each in messages), 0), NOON)


def accepted_records(keys: Iterable[UUID]) -> list[OutboxRecord]:
    """Return an outbox record for each key, in this order."""
    return seal_records([accepted(key) for key in keys])


async def produce(settings: Settings, records: Sequence[OutboxRecord]) -> None:
    """Send records to the broker."""
    producer = Producer(settings)
    await producer.open()
    await asyncio.gather(*[await producer.send(record) for record in records])
    await producer.close()


async def no_offsets() -> Offsets:
    """Return the offsets of a database that has consumed nothing."""
    return {}


class RecordingHandler:
    """Collects the batches that it gets."""

    def __init__(self) -> None:
        self.batches: list[Sequence[ConsumedRecord]] = []

    @property
    def records(self) -> list[ConsumedRecord]:
        """All records, in the order of handling."""
        return [record for batch in self.batches for record in batch]

    def sequences_of(self, key: UUID) -> list[int]:
        """Return the sequence of each record under a key, in the order of handling."""
        found = [record for record in self.records if record.key == key.bytes]
        return [read_envelope(record.body).sequence for record in found]

    async def __call__(self, records: Sequence[ConsumedRecord]) -> None:
        """Take a batch."""
        self.batches.append(records)


@asynccontextmanager
async def consuming_topic(
    settings: Settings,
    handle: HandleBatch,
    *,
    reached: Any = no_offsets,
    types: Sequence[str] = TYPES,
    fetch_max_wait: timedelta = timedelta(),
) -> AsyncIterator[None]:
    """Consume the order service's topic, as one member of the group."""
    settings.state_folder.mkdir(parents=True, exist_ok=True)
    config = ConsumerConfig(("order",), types, handle, reached, fetch_max_wait)
    async with consuming(config, settings) as reading:
        running = asyncio.ensure_future(reading)
        yield
        running.cancel()


def committed_offsets(settings: Settings) -> dict[str, int]:
    """Return the committed offsets of the group, by topic and partition."""
    group = settings.consumer_group
    client = admin.admin_client(settings)
    found = client.list_group_offsets({group: None}).get(group, {})
    client.close()
    prefix = len(settings.topic_prefix)
    return {f"{each.topic[prefix:]}/{each.partition}": at.offset for each, at in found.items()}


def set_group_offsets(settings: Settings, by_partition: dict[str, int]) -> None:
    """Commit offsets for the group, while it has no members."""
    client: KafkaAdminClient = admin.admin_client(settings)
    offsets = {
        TopicPartition(
            settings.topic_prefix + source.split("/")[0], int(source.split("/")[1])
        ): OffsetAndMetadata(offset, "", -1)
        for source, offset in by_partition.items()
    }
    client.alter_group_offsets(settings.consumer_group, offsets)
    client.close()
