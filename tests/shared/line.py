"""A line to a broker that can be cut, clogged and shuffled; all lines lead to one topic."""

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
from shared.messaging.publisher import Relay


class Topic:
    """What the broker has, in its order."""

    def __init__(self) -> None:
        self.log: list[OutboxRecord] = []
        self.is_out = False

    def append(self, letter: OutboxRecord) -> Any:
        """Take a letter; return the place that it got."""
        self.log.append(letter)
        offset = self.ends()[source_of(letter)] - 1
        return SimpleNamespace(partition=partition_of(letter), offset=offset)

    def ends(self) -> Mapping[str, int]:
        """Return how full each partition is."""
        return Tally(map(source_of, self.log))

    @property
    def types(self) -> list[str]:
        """The names of what is there."""
        return [letter.type.rpartition(".v")[0] for letter in self.log]

    def once(self) -> dict[UUID, list[int]]:
        """Return the sequences under each key as a reader sees them, who drops what is known."""
        seen: dict[UUID, list[int]] = {}
        for letter in self.log:
            sequences = seen.setdefault(letter.key, [])
            if letter.sequence not in sequences:
                sequences.append(letter.sequence)
        return seen


def partition_of(letter: OutboxRecord) -> int:
    """Return the number of the partition that a letter goes to."""
    return letter.key.int % 12


def source_of(letter: OutboxRecord) -> str:
    """Return the topic and partition that a letter goes to."""
    return f"{letter.topic}/{partition_of(letter)}"


class Line:
    """A producer's way to the topic: it delivers in order, or not at all.

    Like aiokafka's idempotent producer: letters of one producer never overtake each
    other, and after it was let go of, what is on its way may arrive all the same.
    """

    def __init__(self, topic: Topic, *, clogged: bool = False) -> None:
        self.topic = topic
        self.clogged = clogged
        self.opened = 0
        self.waiting: deque[tuple[OutboxRecord, Future[Any]]] = deque()
        self.ghosts: list[deque[tuple[OutboxRecord, Future[Any]]]] = []

    async def open(self) -> None:
        """Reach the broker, unless it is out."""
        if self.topic.is_out:
            msg = "the broker is out"
            raise UnavailableError(msg)
        self.opened += 1

    async def close(self) -> None:
        """Let go of what is on its way: it becomes a ghost."""
        self.ghosts.append(self.waiting)
        self.waiting = deque()

    async def send(self, letter: OutboxRecord) -> "Future[Any]":
        """Queue a letter; deliver it at once unless the line is clogged."""
        if not self.opened:
            msg = "there is no producer"
            raise UnavailableError(msg)
        sent: Future[Any] = asyncio.get_running_loop().create_future()
        self.waiting.append((letter, sent))
        if not self.clogged and not self.topic.is_out:
            self.deliver()
        return sent

    def deliver(self, most: int = 1 << 30) -> None:
        """Bring what waits to the broker, the oldest first."""
        self._bring(self.waiting, most)

    def haunt(self) -> None:
        """Let what a closed producer still had on its way arrive."""
        for ghost in self.ghosts:
            self._bring(ghost, 1 << 30)

    def _bring(self, waiting: deque[tuple[OutboxRecord, "Future[Any]"]], most: int) -> None:
        for _ in range(min(most, len(waiting))):
            letter, sent = waiting.popleft()
            place = self.topic.append(letter)
            if not sent.done():
                sent.set_result(place)

    def fail(self) -> None:
        """Lose all that waits."""
        while self.waiting:
            _, sent = self.waiting.popleft()
            sent.set_exception(UnavailableError("lost"))

    async def ends(self) -> Mapping[str, int]:
        """Return how full each partition is."""
        return self.topic.ends()


@contextmanager
def running(*relays: Relay) -> Iterator[None]:
    """Keep relays running."""
    tasks = [asyncio.ensure_future(relay.run()) for relay in relays]
    yield
    for task in tasks:
        task.cancel()
