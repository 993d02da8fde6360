"""A producer that can be paused and made to fail; all of them write to one fake topic."""

import asyncio
from asyncio import Future
from collections import Counter as Tally
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any
from uuid import UUID

from shared.errors import UnavailableError
from shared.kafka.record_types import OutboxRecord
from shared.messaging.publisher import Publisher


class FakeTopic:
    """The records of a broker, in its order."""

    def __init__(self) -> None:
        self.log: list[OutboxRecord] = []
        self.is_out = False

    def append(self, record: OutboxRecord) -> Any:
        """Append a record; return its partition and offset."""
        self.log.append(record)
        offset = self.end_offsets()[source_of(record)] - 1
        return SimpleNamespace(partition=partition_of(record), offset=offset)

    def end_offsets(self) -> Mapping[str, int]:
        """Return the end offset of each partition."""
        return Tally(map(source_of, self.log))

    @property
    def types(self) -> list[str]:
        """The message names of the records."""
        return [record.type.rpartition(".v")[0] for record in self.log]

    def sequences_by_key(self) -> dict[UUID, list[int]]:
        """Return the sequences of each key, without repeated records."""
        seen: dict[UUID, list[int]] = {}
        for record in self.log:
            sequences = seen.setdefault(record.key, [])
            if record.sequence not in sequences:
                sequences.append(record.sequence)
        return seen


def partition_of(record: OutboxRecord) -> int:
    """Return the number of the partition that a record goes to."""
    return record.key.int % 12


def source_of(record: OutboxRecord) -> str:
    """Return the topic and partition that a record goes to."""
    return f"{record.topic}/{partition_of(record)}"


class FakeProducer:
    """A producer that delivers in order, or not at all.

    Like aiokafka's idempotent producer: records of one producer never overtake each
    other, and records that are in flight when it is closed may still arrive.
    """

    def __init__(self, topic: FakeTopic, *, paused: bool = False) -> None:
        self.topic = topic
        self.paused = paused
        self.opened = 0
        self.waiting: deque[tuple[OutboxRecord, Future[Any]]] = deque()
        self.closed_queues: list[deque[tuple[OutboxRecord, Future[Any]]]] = []

    async def open(self) -> None:
        """Connect to the broker, unless it is out."""
        if self.topic.is_out:
            msg = "the broker is out"
            raise UnavailableError(msg)
        self.opened += 1

    async def close(self) -> None:
        """Close; queued records may still be delivered by `deliver_after_close`."""
        self.closed_queues.append(self.waiting)
        self.waiting = deque()

    async def send(self, record: OutboxRecord) -> "Future[Any]":
        """Queue a record; deliver it at once unless the producer is paused."""
        if not self.opened:
            msg = "there is no producer"
            raise UnavailableError(msg)
        sent: Future[Any] = asyncio.get_running_loop().create_future()
        self.waiting.append((record, sent))
        if not self.paused and not self.topic.is_out:
            self.deliver()
        return sent

    def deliver(self, limit: int = 1 << 30) -> None:
        """Deliver queued records to the broker, the oldest first."""
        self._deliver_from(self.waiting, limit)

    def deliver_after_close(self) -> None:
        """Deliver the records that were in flight when the producer was closed."""
        for queue in self.closed_queues:
            self._deliver_from(queue, 1 << 30)

    def _deliver_from(self, queue: deque[tuple[OutboxRecord, "Future[Any]"]], limit: int) -> None:
        for _ in range(min(limit, len(queue))):
            record, sent = queue.popleft()
            metadata = self.topic.append(record)
            if not sent.done():
                sent.set_result(metadata)

    def fail(self) -> None:
        """Lose all queued records."""
        while self.waiting:
            _, sent = self.waiting.popleft()
            sent.set_exception(UnavailableError("lost"))

    async def end_offsets(self) -> Mapping[str, int]:
        """Return the end offset of each partition."""
        return self.topic.end_offsets()


@contextmanager
def running_publishers(*publishers: Publisher) -> Iterator[None]:
    """Run publishers until the block ends."""
    tasks = [asyncio.ensure_future(publisher.run()) for publisher in publishers]
    yield
    for task in tasks:
        task.cancel()
