"""The consumer lag of a service on its topics: in messages, and in exact seconds.

The seconds are the age of the oldest unread record: one record for each partition
with lag is fetched, so a quiet topic has 0 and nothing is estimated. Any process of
the service may read it; it joins no group and acknowledges nothing.
"""

import asyncio
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import GroupCoordinatorNotAvailableError, KafkaError

from shared.config.settings import Settings
from shared.errors import UnavailableError
from shared.kafka.producer import connection_options
from shared.observability.backlog import Backlog

REQUEST_TIMEOUT_S = 2.0
"""Seconds in which Kafka has to answer all requests of one reading."""

CLOSE_TIMEOUT_S = 1.0


@dataclass(frozen=True, slots=True)
class Lag:
    """The messages that are not read yet."""

    by_partition: Mapping[str, Backlog]
    """By `order/7`; without partitions that were never written to."""

    @property
    def records(self) -> int:
        """The messages of all partitions."""
        return sum(each.count for each in self.by_partition.values())

    @property
    def oldest_s(self) -> float:
        """The age of the oldest message."""
        return max((each.oldest_s for each in self.by_partition.values()), default=0.0)

    @property
    def by_topic(self) -> Mapping[str, Backlog]:
        """The messages, and the age of the oldest, by topic."""
        found: dict[str, Backlog] = {}
        for source, each in self.by_partition.items():
            topic = source.rpartition("/")[0]
            so_far = found.get(topic, Backlog())
            oldest = max(so_far.oldest_s, each.oldest_s)
            found[topic] = Backlog(so_far.count + each.count, oldest)
        return found


class LagReader:
    """Reads the lag of one service from Kafka; keeps its connections."""

    def __init__(self, settings: Settings, topics: Sequence[str]) -> None:
        self._settings = settings
        self._topics = [settings.topic_prefix + topic for topic in topics]
        self._admin: AIOKafkaAdminClient | None = None
        self._consumer: AIOKafkaConsumer | None = None
        self._coordinator: int | None = None
        self._partition_numbers: dict[str, list[int]] = {}

    async def read(self) -> Lag:
        """Return the lag of the service.

        Raises:
            UnavailableError: if Kafka does not answer within two seconds.
        """
        try:
            async with asyncio.timeout(REQUEST_TIMEOUT_S):
                return await self._read_with_retry()
        except TimeoutError as error:
            await self.close()
            msg = f"does not answer within {REQUEST_TIMEOUT_S:.0f} s"
            raise UnavailableError(msg) from error
        except (KafkaError, OSError) as error:
            await self.close()
            msg = f"cannot be reached ({type(error).__name__})"
            raise UnavailableError(msg) from error

    async def _read_with_retry(self) -> Lag:
        """Read; after an error once more with new connections: cluster metadata may be outdated."""
        try:
            return await self._read()
        except (KafkaError, OSError):
            await self.close()
            return await self._read()

    async def close(self) -> None:
        """Close the connections; the next reading opens new ones."""
        admin, consumer = self._admin, self._consumer
        self._admin = self._consumer = self._coordinator = None
        for close in (admin and admin.close, consumer and consumer.stop):
            if close:
                with suppress(TimeoutError, KafkaError, OSError):
                    async with asyncio.timeout(CLOSE_TIMEOUT_S):
                        await close()

    async def _read(self) -> Lag:
        consumer = await self._open()
        committed = await self._committed()
        ends = await consumer.end_offsets(await self._partitions())
        written = {each: end for each, end in ends.items() if end}
        starts = {each: committed.get(each, 0) for each in written}
        left = {each: max(0, end - starts[each]) for each, end in written.items()}
        behind = {each: starts[each] for each, count in left.items() if count}
        ages = await self._ages(consumer, behind) if behind else {}
        return Lag(
            {
                self._source(each): Backlog(count, ages.get(each, 0.0))
                for each, count in left.items()
            }
        )

    async def _open(self) -> AIOKafkaConsumer:
        if self._admin is None or self._consumer is None:
            options = connection_options(self._settings) | {
                "request_timeout_ms": round(1000 * REQUEST_TIMEOUT_S)
            }
            self._admin = AIOKafkaAdminClient(**options)
            self._consumer = AIOKafkaConsumer(
                **options, enable_auto_commit=False, auto_offset_reset="earliest"
            )
            await self._admin.start()
            await self._consumer.start()
        return self._consumer

    async def _committed(self) -> dict[TopicPartition, int]:
        """Return the offset of the next record to read, where the group has committed one."""
        admin, group = self._admin, self._settings.consumer_group
        assert admin
        if self._coordinator is None:
            try:
                self._coordinator = await admin.find_coordinator(group)
            except GroupCoordinatorNotAvailableError:  # the broker has never had a group
                return {}
        found = await admin.list_consumer_group_offsets(group, self._coordinator)
        return {each: it.offset for each, it in found.items() if it.offset >= 0}

    async def _partitions(self) -> list[TopicPartition]:
        """Return the partitions of all topics; their number is fixed for a topic's life."""
        if missing := [topic for topic in self._topics if topic not in self._partition_numbers]:
            assert self._admin
            for found in await self._admin.describe_topics():  # names would create them
                if found["topic"] in missing:
                    self._partition_numbers[found["topic"]] = [
                        each["partition"] for each in found["partitions"]
                    ]
        return [
            TopicPartition(topic, number)
            for topic, numbers in self._partition_numbers.items()
            for number in numbers
        ]

    async def _ages(
        self, consumer: AIOKafkaConsumer, behind: Mapping[TopicPartition, int]
    ) -> dict[TopicPartition, float]:
        """Return the age in seconds of the record at each of these offsets."""
        consumer.assign(list(behind))
        for partition, offset in behind.items():
            consumer.seek(partition, offset)
        records: list[Any] = await asyncio.gather(*(consumer.getone(each) for each in behind))
        consumer.unsubscribe()
        now = time.time()
        return {
            partition: max(0.0, now - record.timestamp / 1000)
            for partition, record in zip(behind, records, strict=True)
        }

    def _source(self, partition: TopicPartition) -> str:
        """Return our name of a partition: `order/7`."""
        topic = partition.topic.removeprefix(self._settings.topic_prefix)
        return f"{topic}/{partition.partition}"
