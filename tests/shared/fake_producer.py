"""A line to a broker that can be cut, paused and shuffled; all lines lead to one topic."""

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
from shared.kafka.records import OutboxRecord
from shared.messaging.publisher import Publisher


class FakeTopic:
    """What the broker has, in its order."""

    def __init__(self) -> None:
        self.log: list[OutboxRecord] = []
        self.is_out = False

    def append(self, record: OutboxRecord) -> Any:
        """Take a record; return the place that it got."""
        self.log.append(record)
        offset = self.end_offsets()[source_of(record)] - 1
        return SimpleNamespace(partition=partition_of(record), offset=offset)

    def end_offsets(self) -> Mapping[str, int]:
        """Return how full each partition is."""
        return Tally(map(source_of, self.log))

    @property
    def types(self) -> list[str]:
        """The names of what is there."""
        return [record.type.rpartition(".v")[0] for record in self.log]

    def sequences_by_key(self) -> dict[UUID, list[int]]:
        """Return the sequences under each key as a reader sees them, who drops what is known."""
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
    """A producer's way to the topic: it delivers in order, or not at all.

    Like aiokafka's idempotent producer: records of one producer never overtake each
    other, and after it was let go of, what is on its way may arrive all the same.
    """

    def __init__(self, topic: FakeTopic, *, paused: bool = False) -> None:
        self.topic = topic
        self.paused = paused
        self.opened = 0
        self.waiting: deque[tuple[OutboxRecord, Future[Any]]] = deque()
        self.closed_queues: list[deque[tuple[OutboxRecord, Future[Any]]]] = []

    async def open(self) -> None:
        """Reach the broker, unless it is out."""
        if self.topic.is_out:
            msg = "the broker is out"
            raise UnavailableError(msg)
        self.opened += 1

    async def close(self) -> None:
        """Let go of what is on its way: it becomes a ghost."""
        self.closed_queues.append(self.waiting)
        self.waiting = deque()

    async def send(self, record: OutboxRecord) -> "Future[Any]":
        """Queue a record; deliver it at once unless the line is paused."""
        if not self.opened:
            msg = "there is no producer"
            raise UnavailableError(msg)
        sent: Future[Any] = asyncio.get_running_loop().create_future()
        self.waiting.append((record, sent))
        if not self.paused and not self.topic.is_out:
            self.deliver()
        return sent

    def deliver(self, most: int = 1 << 30) -> None:
        """Bring what waits to the broker, the oldest first."""
        self._bring(self.waiting, most)

    def deliver_after_close(self) -> None:
        """Let what a closed producer still had on its way arrive."""
        for ghost in self.closed_queues:
            self._bring(ghost, 1 << 30)

    def _bring(self, waiting: deque[tuple[OutboxRecord, "Future[Any]"]], most: int) -> None:
        for _ in range(min(most, len(waiting))):
            record, sent = waiting.popleft()
            place = self.topic.append(record)
            if not sent.done():
                sent.set_result(place)

    def fail(self) -> None:
        """Lose all that waits."""
        while self.waiting:
            _, sent = self.waiting.popleft()
            sent.set_exception(UnavailableError("lost"))

    async def end_offsets(self) -> Mapping[str, int]:
        """Return how full each partition is."""
        return self.topic.end_offsets()


@contextmanager
def running_publishers(*relays: Publisher) -> Iterator[None]:
    """Keep relays running."""
    tasks = [asyncio.ensure_future(publisher.run()) for publisher in relays]
    yield
    for task in tasks:
        task.cancel()
