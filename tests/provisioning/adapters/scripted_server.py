"""A network element that behaves by a script, for any protocol; a protocol is a subclass."""

import asyncio
import ssl
from abc import ABC, abstractmethod
from collections import Counter
from contextlib import suppress
from enum import Enum, auto
from typing import NamedTuple

SECRET = "s3cret-of-the-element"  # noqa: S105  no real one
"""What the element wants to be called with."""

HUGE_BYTES = 64 << 20
"""More than any adapter reads, and than the buffers on the way hold."""

LATE_S = 0.4
REFUSAL = ("no-such-port", "there is no such port")
FAILURE = ("busy", "come again")


class Behaviour(Enum):
    """What the element does with a request. It does an operation wherever it is not said."""

    ANSWER = auto()
    REFUSE = auto()
    FAIL = auto()
    """Says that it has not done the operation."""

    IGNORE = auto()
    """Does not do the operation, and closes the connection."""

    LOSE_ANSWER = auto()
    """Closes the connection without an answer."""

    HANG = auto()
    """Never answers."""

    ANSWER_LATE = auto()
    ANSWER_MALFORMED = auto()
    ANSWER_WITHOUT_END = auto()


NOT_DONE = {Behaviour.REFUSE, Behaviour.FAIL, Behaviour.IGNORE}


class ReceivedOperation(NamedTuple):
    """An operation that the element received."""

    operation_id: str
    kind: str
    subject: str


class ScriptedServer(ABC):
    """Behaves as the script says, request by request, and afterwards answers."""

    def __init__(self) -> None:
        self.script: list[Behaviour] = []
        self.received: list[ReceivedOperation] = []
        self.secrets: set[str] = set()
        """What it was called with."""

        self.installed: dict[str, str] = {}
        """Kind by subject: what the operations have left."""

        self.effects: Counter[str] = Counter()
        """How often an operation changed what is installed."""

        self.endless_bytes = 0
        """How much of its answers without end was read, or is on the way."""

        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self, tls: ssl.SSLContext | None = None) -> None:
        """Listen on any free port."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=tls)

    @property
    def port(self) -> int:
        """Where it listens."""
        assert self._server
        found: int = self._server.sockets[0].getsockname()[1]
        return found

    async def stop(self) -> None:
        """Close the port and all connections."""
        assert self._server
        self._server.close()
        for each in self._tasks:
            each.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @abstractmethod
    async def converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Read requests and answer them, until the connection ends."""

    def next_behaviour(self) -> Behaviour:
        """Return what to do with this request."""
        return self.script.pop(0) if self.script else Behaviour.ANSWER

    def carry_out(self, operation: ReceivedOperation) -> None:
        """Do an operation, if it changes anything."""
        if self.installed.get(operation.subject) != operation.kind:
            self.installed[operation.subject] = operation.kind
            self.effects[operation.operation_id] += 1

    async def answer_without_end(self, writer: asyncio.StreamWriter) -> None:
        """Write more than anybody reads."""
        while self.endless_bytes < HUGE_BYTES:
            writer.write(b"x" * (1 << 16))
            await writer.drain()
            self.endless_bytes += 1 << 16

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        self._tasks.add(task)
        try:
            with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
                await self.converse(reader, writer)
        finally:
            self._tasks.discard(task)
            writer.close()


async def hang_until_closed(reader: asyncio.StreamReader) -> None:
    """Wait for the end of the connection."""
    while await reader.read(1024):
        pass
