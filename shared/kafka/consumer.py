"""Consumes from Kafka, with Faust.

Faust's streams lose messages: they acknowledge messages that failed. So we read the
channel below the stream, take the messages that are there (`MAX_POLL_RECORDS` at most,
never waiting for more), and acknowledge once the batch is committed.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import faust
from faust.contrib.asgi import faust_app_running
from faust.types.tuples import TP, Message

from shared.config.settings import Settings
from shared.contracts import message_name
from shared.exit import stop_process
from shared.kafka.faust_consumer import (
    MAX_POLL_RECORDS,
    SAVE_OFFSET_EVERY,
    Offsets,
    Transport,
    make_faust_app,
)
from shared.kafka.records import ConsumedRecord
from shared.pacing import pause_after_batch

HandleBatch = Callable[[Sequence[ConsumedRecord]], Awaitable[None]]


class BatchReader:
    """Reads a channel in batches, and acknowledges handled messages.

    An acknowledgement covers all earlier messages, so once a message is abandoned
    (its generation of the group is over), none at or after it may be acknowledged
    in that generation. It is consumed again in the next.
    """

    def __init__(
        self, app: faust.App, names: frozenset[bytes], prefix: str, handle: HandleBatch
    ) -> None:
        self._app = app
        self._names = names
        self._prefix = len(prefix)
        self._handle = handle
        self._unsubscribed_count: dict[TP, int] = {}
        self._barrier: dict[tuple[TP, int], int] = {}

    async def read(self, channel: Any) -> None:  # noqa: ANN401  Faust does not type its queues
        """Handle the messages of the channel, without end."""
        while True:
            batch = [(await channel.get()).message]
            while len(batch) < MAX_POLL_RECORDS and not channel.queue.empty():
                batch.append(channel.queue.get_nowait().message)
            async with pause_after_batch(len(batch)):
                await self.handle_batch(batch)

    async def handle_batch(self, batch: Sequence[Message]) -> None:
        """Handle and acknowledge those messages of a batch that are still assigned to us."""
        live = [message for message in batch if self._may_acknowledge(message)]
        to_handle = [message for message in live if self._must_be_handled(message)]
        if to_handle:
            await self._handle([self._record(message) for message in to_handle])
        for message in live:
            if self._may_acknowledge(message):
                self._app.consumer.ack(message)

    def _may_acknowledge(self, message: Message) -> bool:
        """Return whether we may still handle and acknowledge this message."""
        app, generation = self._app, message.generation_id or 0
        assignment = message.tp, generation
        if app.should_stop or app.rebalancing or generation != app.consumer_generation_id:
            self._barrier.setdefault(assignment, message.offset)
        return message.offset < self._barrier.get(assignment, message.offset + 1)

    def _must_be_handled(self, message: Message) -> bool:
        """Return whether the inbox needs it: it is subscribed to, or its offset is to be saved."""
        unsubscribed = (
            0 if self._is_subscribed(message) else self._unsubscribed_count.get(message.tp, 0) + 1
        )
        self._unsubscribed_count[message.tp] = unsubscribed % SAVE_OFFSET_EVERY
        return unsubscribed in {0, SAVE_OFFSET_EVERY}

    def _is_subscribed(self, message: Message) -> bool:
        """Return whether the service subscribes to it; also if the type is not in the headers."""
        type_ = type_header(message)
        return type_ is None or type_.rpartition(b".v")[0] in self._names

    def _record(self, message: Message) -> ConsumedRecord:
        source = f"{message.topic[self._prefix :]}/{message.partition}"
        type_ = (type_header(message) or b"").decode(errors="replace")
        return ConsumedRecord(
            source, message.offset, message.key or b"", message.value or b"", type_
        )


def type_header(message: Message) -> bytes | None:
    """Return the type in a record's headers, if any."""
    found = dict(message.headers or ()).get("type")
    return found if isinstance(found, bytes) else None


@dataclass(frozen=True, slots=True)
class ConsumerConfig:
    """What one service consumes, and from which offsets."""

    topics: Sequence[str]
    types: Sequence[str]
    handle: HandleBatch
    next_offsets: Callable[[], Awaitable[Offsets]]
    fetch_max_wait: timedelta = timedelta()
    """How long the broker may hold messages that no order waits for."""


@asynccontextmanager
async def consuming(
    config: ConsumerConfig, settings: Settings
) -> AsyncIterator[Coroutine[Any, Any, None]]:
    """Pass messages of these types to the handler, in batches, while the context is open.

    Anything unexpected, in the handler or in Faust, ends the process.
    """
    app = make_faust_app(settings)
    app.loop = asyncio.get_running_loop()
    app.transport = Transport(
        app, settings.topic_prefix, config.next_offsets, config.fetch_max_wait
    )
    names = frozenset(message_name(type_).encode() for type_ in config.types)
    reader = BatchReader(app, names, settings.topic_prefix, config.handle)
    topics = [settings.topic_prefix + topic for topic in config.topics]

    @app.agent(app.topic(*topics, key_type=bytes, value_type=bytes))
    async def consume(stream: Any) -> None:  # noqa: ANN401
        try:
            await reader.read(stream.channel)
        except asyncio.CancelledError:
            raise
        except StopAsyncIteration:
            return  # raised by Faust's channel when the app stops
        except BaseException as error:  # noqa: BLE001  re-raised, Faust continues
            stop_process("a bug, or an unexpected error", error)

    async with faust_app_running(app):
        yield app.wait_until_stopped()
