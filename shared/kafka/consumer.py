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
from shared.exit import abort_process
from shared.kafka.faust_transport import (
    MAX_POLL_RECORDS,
    SAVE_OFFSET_EVERY,
    Offsets,
    RawSchema,
    Transport,
    make_faust_app,
)
from shared.kafka.record_types import ConsumedRecord
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
        live = self._acknowledgeable(batch)
        records = [record for message in live if (record := self._record_to_handle(message))]
        if records:
            await self._handle(records)
        for message in self._acknowledgeable(live):
            self._app.consumer.ack(message)

    def _acknowledgeable(self, batch: Sequence[Message]) -> list[Message]:
        """Return the messages that we may still handle and acknowledge."""
        app = self._app
        is_suspended = app.should_stop or app.rebalancing
        generation = None if is_suspended else app.consumer_generation_id
        return [message for message in batch if self._may_acknowledge(message, generation)]

    def _may_acknowledge(self, message: Message, current: int | None) -> bool:
        assignment = message.tp, message.generation_id or 0
        if assignment[1] != current:
            self._barrier.setdefault(assignment, message.offset)
        return message.offset < self._barrier.get(assignment, message.offset + 1)

    def _record_to_handle(self, message: Message) -> ConsumedRecord | None:
        """Return the record of a message that the inbox needs.

        It needs those that it is subscribed to, and some others for their offsets.
        """
        type_ = type_header(message)
        unsubscribed = (
            0 if self._is_subscribed(type_) else self._unsubscribed_count.get(message.tp, 0) + 1
        )
        self._unsubscribed_count[message.tp] = unsubscribed % SAVE_OFFSET_EVERY
        if unsubscribed not in {0, SAVE_OFFSET_EVERY}:
            return None
        source = f"{message.topic[self._prefix :]}/{message.partition}"
        text = (type_ or b"").decode(errors="replace")
        return ConsumedRecord(
            source, message.offset, message.key or b"", message.value or b"", text
        )

    def _is_subscribed(self, type_: bytes | None) -> bool:
        """Return whether the service subscribes to a type; also if the headers have none."""
        return type_ is None or type_.rpartition(b".v")[0] in self._names


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

    @app.agent(app.topic(*topics, schema=RawSchema()))
    async def consume(stream: Any) -> None:  # noqa: ANN401
        try:
            await reader.read(stream.channel)
        except asyncio.CancelledError:
            raise
        except StopAsyncIteration:
            return  # raised by Faust's channel when the app stops
        except BaseException as error:  # noqa: BLE001  re-raised, Faust continues
            abort_process("a bug, or an unexpected error", error)

    async with faust_app_running(app):
        yield app.wait_until_stopped()
