"""A real broker, heard by the kernel's bus."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from kafka import KafkaAdminClient, TopicPartition
from kafka.structs import OffsetAndMetadata

from shared.config.settings import Settings
from shared.contracts import Cause, Message, read_envelope
from shared.kafka import admin
from shared.kafka.consumer import Handle, Hearing, consuming
from shared.kafka.faust_consumer import Places
from shared.kafka.producer import Producer
from shared.kafka.records import OutboxRecord, Record
from shared.messaging.outbox import Draft, seal
from tests.conftest import NOON
from tests.kernel import TENANT
from tests.shared.ledger import SUBSCRIPTIONS, accepted

TYPES = tuple(SUBSCRIPTIONS)


def letters_of(messages: Sequence[Message]) -> list[OutboxRecord]:
    """Seal messages, numbered within their keys."""
    drafts = [Draft.of(each, Cause(uuid4(), each.key, TENANT), 0) for each in messages]
    return seal(drafts, dict.fromkeys((each.key for each in messages), 0), NOON)


def facts(keys: Iterable[UUID]) -> list[OutboxRecord]:
    """Return a letter for each key, in this order."""
    return letters_of([accepted(key) for key in keys])


async def produce(settings: Settings, letters: Sequence[OutboxRecord]) -> None:
    """Have the broker take letters."""
    producer = Producer(settings)
    await producer.open()
    await asyncio.gather(*[await producer.send(letter) for letter in letters])
    await producer.close()


async def nowhere() -> Places:
    """Return the places of a database that has heard nothing."""
    return {}


class Listener:
    """Remembers what it heard."""

    def __init__(self) -> None:
        self.batches: list[Sequence[Record]] = []

    @property
    def heard(self) -> list[Record]:
        """All records, in the order of handling."""
        return [record for batch in self.batches for record in batch]

    def heard_of(self, key: UUID) -> list[int]:
        """Return the sequence of each record under a key, in the order of handling."""
        mine = [record for record in self.heard if record.key == key.bytes]
        return [read_envelope(record.body).sequence for record in mine]

    async def __call__(self, records: Sequence[Record]) -> None:
        """Take a batch."""
        self.batches.append(records)


@asynccontextmanager
async def hearing(
    settings: Settings,
    handle: Handle,
    *,
    reached: Any = nowhere,
    types: Sequence[str] = TYPES,
    gather: timedelta = timedelta(),
) -> AsyncIterator[None]:
    """Hear what comes on the order service's topic, as one member of its group."""
    settings.state.mkdir(parents=True, exist_ok=True)
    heard = Hearing(("order",), types, handle, reached, gather)
    async with consuming(heard, settings) as reading:
        running = asyncio.ensure_future(reading)
        yield
        running.cancel()


def committed(settings: Settings) -> dict[str, int]:
    """Return where the group stands, by topic and partition."""
    group = settings.group
    client = admin.client(settings)
    found = client.list_group_offsets({group: None}).get(group, {})
    client.close()
    prefix = len(settings.topic_prefix)
    return {f"{each.topic[prefix:]}/{each.partition}": at.offset for each, at in found.items()}


def stand_at(settings: Settings, places: dict[str, int]) -> None:
    """Put the group somewhere, while it has no members."""
    client: KafkaAdminClient = admin.client(settings)
    offsets = {
        TopicPartition(
            settings.topic_prefix + source.split("/")[0], int(source.split("/")[1])
        ): OffsetAndMetadata(place, "", -1)
        for source, place in places.items()
    }
    client.alter_group_offsets(settings.group, offsets)
    client.close()
