"""Kafka's reading side, by way of Faust. No other module imports faust.

Faust's own ways lose messages: its streams acknowledge what failed. So we read
the channel below the stream, take what is there (`MOST` at most, never
waiting for more), and acknowledge once the batch is committed.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from ssl import create_default_context
from typing import Any

import faust
import structlog
from faust.contrib.asgi import faust_app_running
from faust.tables.manager import TableManager
from faust.transport.drivers import aiokafka as driver
from faust.types.auth import AuthProtocol
from faust.types.tuples import TP, Message

from shared.breath import breath
from shared.contracts import name_of
from shared.inbox_rows import Record
from shared.settings import Settings
from shared.stop import stop_process

log = structlog.get_logger()

MOST = 500
BUFFER = 4 * MOST
YEARS = 1e9
"""Seconds. A handler may wait for its database as long as it takes."""

COMMIT_EVERY = 1.0
"""Seconds between two times that Kafka is told how far we are; our database knows better."""

UNWANTED = 5000
"""After so many records of a partition that nobody listens to, the place is written down."""

Handle = Callable[[Sequence[Record]], Awaitable[None]]
Places = Mapping[str, int]


class Consumer(driver.Consumer):
    """Faust's consumer, with real batches, and a place of our own to start from.

    Faust races each put against a rebalance, and so yields after each message,
    and its reader finds a queue of one. A put into a full queue ends anyway
    when a rebalance clears the queue.
    """

    async def wait_first(self, *coros: Any, timeout: Any = None) -> Any:  # noqa: ANN401, ASYNC109
        """Of a put and a rebalance, wait for the put; of all else, as Faust does."""
        if len(coros) != len(("put", "rebalance")):
            return await super().wait_first(*coros, timeout=timeout)
        put, suspended = coros
        suspended.close()
        return await put

    async def seek_to_committed(self) -> Mapping[TP, int]:
        """Seek to where the group stands, or further back where our database does.

        A database restored from a backup has not seen what the group has. Where the
        group is gone and the database has a place, the broker was wiped: all that it
        has is read, and the inbox drops what is known.
        """
        committed = dict(await super().seek_to_committed())
        transport = self.transport
        assert isinstance(transport, Transport)
        places = await transport.reached()
        for partition in self.assignment():
            place, group = places.get(transport.source_of(partition)), committed.get(partition)
            start = start_before(group, place)
            if start is not None:
                tell = log.info if group and group - start <= UNWANTED else log.error
                tell("broker.differs", partition=str(partition), group=group, ours=place)
                await self.seek_wait({partition: start})
                committed[partition] = start
        return committed

    async def seek_wait(self, partitions: Mapping[TP, int]) -> None:
        """Seek, without waiting for the broker to say so."""
        for partition, offset in partitions.items():
            await self.seek(partition, offset)


def start_before(group: int | None, place: int | None) -> int | None:
    """Return where to start, if it is before where the group stands.

    Records that nobody listens to are acknowledged and not counted in our place, so
    it lies a little behind as a rule.
    """
    if place is None:
        return None
    if group is None or group < 0:
        return 0
    return place if place < group else None


class Tables(TableManager):
    """Faust's tables, of which there are none to wait a second for at every start."""

    async def sleep(self, n: Any) -> None:  # noqa: ANN401  Faust's own union
        """Do not."""
        del n
        await asyncio.sleep(0)


class Transport(driver.Transport):
    """Faust's transport, with our consumer."""

    Consumer = Consumer

    def __init__(
        self, app: faust.App, prefix: str, reached: Callable[[], Awaitable[Places]]
    ) -> None:
        super().__init__(app.conf.broker, app=app, loop=app.loop)
        self._prefix = len(prefix)
        self.reached = reached
        """Returns the offset of the next record to read, by topic and partition."""

    def source_of(self, partition: TP) -> str:
        """Return what we call a partition."""
        return f"{partition.topic[self._prefix :]}/{partition.partition}"


class Reader:
    """Reads a channel in batches, and acknowledges what is handled.

    An acknowledgement covers all before it, so once a message is abandoned
    (its generation of the group is over), none at or past it may be
    acknowledged in that generation. It comes again in the next.
    """

    def __init__(
        self,
        app: faust.App,
        names: frozenset[bytes],
        prefix: str,
        handle: Handle,
        gather: timedelta = timedelta(),
    ) -> None:
        self._app = app
        self._names = names
        self._prefix = len(prefix)
        self._handle = handle
        self._gather = gather.total_seconds()
        self._unwanted: dict[TP, int] = {}
        self._barrier: dict[tuple[TP, int], int] = {}

    async def read(self, channel: Any) -> None:  # noqa: ANN401  Faust does not type its queues
        """Handle what the channel brings, for ever."""
        while True:
            batch = [(await channel.get()).message]
            if self._gather:
                await asyncio.sleep(self._gather)
            while len(batch) < MOST and not channel.queue.empty():
                batch.append(channel.queue.get_nowait().message)
            async with breath(len(batch)):
                await self.accept(batch)

    async def accept(self, batch: Sequence[Message]) -> None:
        """Handle a batch, as far as it is still ours, and acknowledge it."""
        live = [message for message in batch if self._is_live(message)]
        wanted = [message for message in live if self._is_to_be_handled(message)]
        if wanted:
            await self._handle([self._record(message) for message in wanted])
        for message in live:
            if self._is_live(message):
                self._app.consumer.ack(message)

    def _is_live(self, message: Message) -> bool:
        """Tell whether we may still handle and acknowledge this message."""
        app, turn = self._app, (message.tp, message.generation_id or 0)
        if app.should_stop or app.rebalancing or turn[1] != app.consumer_generation_id:
            self._barrier.setdefault(turn, message.offset)
        return message.offset < self._barrier.get(turn, message.offset + 1)

    def _is_to_be_handled(self, message: Message) -> bool:
        """Tell whether the inbox must see it: somebody listens, or nobody has for long."""
        unwanted = 0 if self._is_wanted(message) else self._unwanted.get(message.tp, 0) + 1
        self._unwanted[message.tp] = unwanted % UNWANTED
        return unwanted in {0, UNWANTED}

    def _is_wanted(self, message: Message) -> bool:
        """Tell whether anybody here listens; what does not say its type is looked into."""
        type_ = type_of(message)
        return type_ is None or type_.rpartition(b".v")[0] in self._names

    def _record(self, message: Message) -> Record:
        source = f"{message.topic[self._prefix :]}/{message.partition}"
        type_ = (type_of(message) or b"").decode(errors="replace")
        return Record(source, message.offset, message.key or b"", message.value or b"", type_)


def type_of(message: Message) -> bytes | None:
    """Return the type that a record's headers name."""
    found = dict(message.headers or ()).get("type")
    return found if isinstance(found, bytes) else None


def make_app(settings: Settings) -> faust.App:
    """Return Faust, set up to lose nothing."""
    return faust.App(
        settings.group,
        broker=f"kafka://{settings.kafka.replace(',', ';')}",
        broker_credentials=credentials(settings),
        datadir=str(settings.state),
        store="memory://",
        key_serializer="raw",
        value_serializer="raw",
        topic_allow_declare=False,
        topic_disable_leader=True,
        web_enabled=False,
        stream_wait_empty=False,
        TableManager=Tables,
        stream_buffer_maxsize=BUFFER,
        consumer_auto_offset_reset="earliest",
        broker_max_poll_records=MOST,
        broker_max_poll_interval=YEARS,
        broker_session_timeout=6.0,
        broker_rebalance_timeout=6.0,
        broker_heartbeat_interval=1.0,
        broker_commit_interval=COMMIT_EVERY,
        broker_commit_every=100 * MOST,
    )


def credentials(settings: Settings) -> Any:  # noqa: ANN401  Faust's own union
    """Return how Faust proves who it is to Kafka."""
    if settings.kafka_security == "plaintext":
        return None
    context = create_default_context(cafile=str(settings.kafka_ca) if settings.kafka_ca else None)
    if settings.kafka_security == "ssl":
        return faust.SSLCredentials(context=context)
    secure = settings.kafka_security == "sasl_ssl"
    found = faust.SASLCredentials(
        username=settings.kafka_user,
        password=settings.kafka_password,
        mechanism=settings.kafka_mechanism.upper(),
        ssl_context=context if secure else None,
    )
    found.protocol = AuthProtocol.SASL_SSL if secure else AuthProtocol.SASL_PLAINTEXT
    return found


@dataclass(frozen=True, slots=True)
class Hearing:
    """What one service listens to, and how far it has heard."""

    topics: Sequence[str]
    types: Sequence[str]
    handle: Handle
    reached: Callable[[], Awaitable[Places]]
    gather: timedelta = timedelta()
    """So long the first record of a batch waits for others, where nobody waits for it."""


@asynccontextmanager
async def consuming(
    hearing: Hearing, settings: Settings
) -> AsyncIterator[Coroutine[Any, Any, None]]:
    """Feed messages of these types to the handler, in batches, while the context is open.

    Anything unexpected, in the handler or in Faust, ends the process.
    """
    app = make_app(settings)
    app.loop = asyncio.get_running_loop()
    app.transport = Transport(app, settings.topic_prefix, hearing.reached)
    names = frozenset(name_of(type_).encode() for type_ in hearing.types)
    reader = Reader(app, names, settings.topic_prefix, hearing.handle, hearing.gather)
    topics = [settings.topic_prefix + topic for topic in hearing.topics]

    @app.agent(app.topic(*topics, key_type=bytes, value_type=bytes))
    async def consume(stream: Any) -> None:  # noqa: ANN401
        try:
            await reader.read(stream.channel)
        except asyncio.CancelledError:
            raise
        except StopAsyncIteration:
            return  # Faust's channel says so when the app stops
        except BaseException as error:  # noqa: BLE001  re-raising would make Faust go on
            stop_process("a bug, or trouble nobody expected", error)

    async with faust_app_running(app):
        yield app.wait_until_stopped()
