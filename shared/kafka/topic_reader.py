"""Reads Kafka outside the consumer group: begin and end offsets of topics, and their records.

Like producer.py and lag.py it imports aiokafka. It commits nothing and joins no group.

Requests wait until the broker is connected, or known to be out. So connecting and each query
have a time limit, for a broker that hangs; reading records has none while records arrive.
"""

import asyncio
from collections import deque
from collections.abc import (
    AsyncIterator,
    Awaitable,
    Callable,
    Collection,
    Iterator,
    Mapping,
    Sequence,
)
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from typing import Any, Self

import msgspec
from aiokafka import AIOKafkaConsumer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import GroupCoordinatorNotAvailableError, KafkaError
from aiokafka.structs import TopicPartition

from shared.config.settings import Settings
from shared.contracts import read_envelope
from shared.errors import UnavailableError
from shared.kafka.producer import connection_options
from shared.kafka.record_types import ConsumedRecord

FETCH_RECORDS = 500
"""Records that are fetched from one partition at a time."""

CONNECT_TIMEOUT_S = 8.0
"""Seconds in which one address has to answer; a broker that hangs keeps accepting connections. One
that is only slow must not count as out: requests would be served by an unproven database.
"""

REQUEST_TIMEOUT_S = 8.0
"""Seconds in which the broker has to answer one request, fetches of records excepted."""

CLOSE_TIMEOUT_S = 1.0
"""Seconds in which a connection has to close."""

FETCH_TIMEOUT_MS = 10_000
"""Partitions that return no record for so long before their end count as out."""

FETCH_MAX_WAIT_MS = 10
"""Milliseconds that the broker holds a fetch when there is nothing new; all other requests on the
same connection wait behind it."""

EARLIEST = datetime.min.replace(tzinfo=UTC)

Offsets = Mapping[str, int]
"""By topic and partition, `order/7`."""


@asynccontextmanager
async def translate_kafka_errors(within_s: float | None = REQUEST_TIMEOUT_S) -> AsyncIterator[None]:
    """Turn the client's errors and missing answers into one error of ours.

    Args:
        within_s: Time limit in seconds; None where the client has a limit of its own.

    Raises:
        UnavailableError: if the broker is out.
    """
    try:
        async with asyncio.timeout(within_s):
            yield
    except TimeoutError as error:
        msg = "Kafka does not answer in time"
        raise UnavailableError(msg) from error
    except (KafkaError, OSError) as error:
        raise UnavailableError(str(error)) from error


async def close_quietly(close: Callable[[], Awaitable[None]]) -> None:
    """Close a connection, with a time limit: one to a broker that hangs may never close."""
    with suppress(TimeoutError, KafkaError, OSError):
        async with asyncio.timeout(CLOSE_TIMEOUT_S):
            await close()


class TopicReader:
    """Reads partitions from one offset to another."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._prefix = settings.topic_prefix
        self._kafka: AIOKafkaConsumer
        self._connection_options: Mapping[str, Any] = {}
        """For the address that answered."""

    async def __aenter__(self) -> Self:
        """Connect to the first address of the broker that answers.

        Raises:
            UnavailableError: if it is out.
        """
        failures: list[str] = []
        for address in self._settings.kafka.split(","):
            try:
                await self._connect(address.strip())
            except UnavailableError as error:
                failures.append(error.detail)
            else:
                return self
        msg = f"no Kafka answers at {self._settings.kafka}: {'; '.join(failures)}"
        raise UnavailableError(msg)

    async def _connect(self, address: str) -> None:
        """Connect to one address of the broker: the client would try a silent one for 40 s."""
        self._connection_options = connection_options(self._settings) | {
            "bootstrap_servers": address
        }
        self._kafka = AIOKafkaConsumer(
            **self._connection_options,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            max_poll_records=FETCH_RECORDS,
            fetch_max_wait_ms=FETCH_MAX_WAIT_MS,
        )
        try:
            async with translate_kafka_errors(CONNECT_TIMEOUT_S):
                await self._kafka.start()
        except BaseException:
            await close_quietly(self._kafka.stop)
            raise

    async def __aexit__(self, *_: object) -> None:
        """Disconnect from the broker."""
        await close_quietly(self._kafka.stop)

    async def partitions(self, topics: Collection[str]) -> list[str]:
        """Return the partitions of these topics, of those that exist.

        Raises:
            UnavailableError: if the broker is out.
        """
        async with translate_kafka_errors():
            metadata = await self._kafka._client.fetch_all_metadata()  # noqa: SLF001  no public way
        return [
            f"{topic}/{number}"
            for topic in topics
            for number in sorted(metadata.partitions_for_topic(self._prefix + topic) or ())
        ]

    async def end_offsets(self, sources: Collection[str]) -> dict[str, int]:
        """Return the end offset of each partition."""
        return await self._offsets(self._kafka.end_offsets, sources)

    async def beginning_offsets(self, sources: Collection[str]) -> dict[str, int]:
        """Return the offset of the first record that each partition has kept."""
        return await self._offsets(self._kafka.beginning_offsets, sources)

    async def _offsets(self, query: Any, sources: Collection[str]) -> dict[str, int]:  # noqa: ANN401
        if not sources:
            return {}
        async with translate_kafka_errors():
            found = await query([self._partition(each) for each in sources])
        return {self._source(each): offset for each, offset in found.items()}

    async def committed_offsets(self, sources: Collection[str]) -> dict[str, int]:
        """Return the committed offsets of the service's consumer group, where it has any.

        A consumer with a group would follow the group's changes: so an admin client is used.
        """
        admin, group = (
            AIOKafkaAdminClient(**self._connection_options),
            self._settings.consumer_group,
        )
        async with translate_kafka_errors():
            try:
                await admin.start()
                found = await admin.list_consumer_group_offsets(group)
            except GroupCoordinatorNotAvailableError:  # the broker has never had a group
                return {}
            finally:
                await close_quietly(admin.close)
        offsets = {self._source(each): committed.offset for each, committed in found.items()}
        return {each: offsets[each] for each in sources if offsets.get(each, -1) >= 0}

    async def read_merged(
        self, starts: Offsets, ends: Offsets
    ) -> AsyncIterator[list[ConsumedRecord]]:
        """Yield records of several partitions in the order in which they were published.

        Within a partition the order stays as it is; between partitions the envelope's time
        decides. A few chunks of each partition at most are held in memory.

        Args:
            starts: the first offset to read, by partition.
            ends: the offset to stop before.

        Raises:
            UnavailableError: if the broker does not return the records.
        """
        buffers = {
            self._partition(each): PartitionBuffer(start, ends[each])
            for each, start in starts.items()
        }
        async with translate_kafka_errors():
            self._kafka.assign(list(buffers))
            for partition, buffer in buffers.items():
                self._kafka.seek(partition, buffer.next_offset)
        while True:
            while empty := [key for key, each in buffers.items() if each.needs_fetch]:
                for partition, found in (await self._fetch(empty)).items():
                    source = self._source(partition)
                    buffers[partition].add([self._record(source, each) for each in found])
            batch = list(pop_in_time_order(list(buffers.values())))
            if not batch:
                return
            yield batch

    async def _fetch(self, partitions: Sequence[TopicPartition]) -> Mapping[TopicPartition, Any]:
        """Return the next records of some of these partitions, at least of one."""
        async with translate_kafka_errors(within_s=None):
            found: Mapping[TopicPartition, Any] = await self._kafka.getmany(
                *partitions, timeout_ms=FETCH_TIMEOUT_MS
            )
        if not found:
            msg = f"{len(partitions)} partitions return no record before their end"
            raise UnavailableError(msg)
        return found

    def _record(self, source: str, found: Any) -> ConsumedRecord:  # noqa: ANN401  aiokafka's own
        type_ = dict(found.headers or ()).get("type", b"").decode(errors="replace")
        return ConsumedRecord(source, found.offset, found.key or b"", found.value or b"", type_)

    def _partition(self, source: str) -> TopicPartition:
        topic, _, number = source.rpartition("/")
        return TopicPartition(self._prefix + topic, int(number))

    def _source(self, partition: TopicPartition) -> str:
        return f"{partition.topic[len(self._prefix) :]}/{partition.partition}"


class PartitionBuffer:
    """The fetched records of one partition, to be merged with others."""

    def __init__(self, next_offset: int, end: int) -> None:
        self.next_offset, self.end = next_offset, end
        self.records: deque[tuple[datetime, ConsumedRecord]] = deque()

    @property
    def needs_fetch(self) -> bool:
        """Whether the next record has to be fetched first."""
        return not self.records and self.next_offset < self.end

    def add(self, records: Sequence[ConsumedRecord]) -> None:
        """Add fetched records, up to the end."""
        self.records.extend(
            (published_at(each), each) for each in records if each.offset < self.end
        )
        self.next_offset = records[-1].offset + 1


def pop_in_time_order(buffers: Sequence[PartitionBuffer]) -> Iterator[ConsumedRecord]:
    """Yield buffered records, oldest first, until a partition has to be fetched again."""
    count = 0
    while count < FETCH_RECORDS and not any(each.needs_fetch for each in buffers):
        filled = [each for each in buffers if each.records]
        if not filled:
            return
        first = min(filled, key=lambda each: each.records[0][0])
        yield first.records.popleft()[1]
        count += 1


def published_at(record: ConsumedRecord) -> datetime:
    """Return when a record was published; an unreadable one counts as the earliest."""
    try:
        return read_envelope(record.body).time
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return EARLIEST
