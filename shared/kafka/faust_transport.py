"""The Faust consumer: Faust's transport with our consumer, and its settings.

With consumer.py, the only importer of Faust.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from ssl import create_default_context
from typing import Any

import faust
import structlog
from faust.tables.manager import TableManager
from faust.transport.drivers import aiokafka as driver
from faust.transport.producer import ProducerBuffer
from faust.types.auth import AuthProtocol
from faust.types.tuples import TP, Message

from shared.config.settings import Settings

log = structlog.get_logger()

MAX_POLL_RECORDS = 500
STREAM_BUFFER_SIZE = 4 * MAX_POLL_RECORDS
UNLIMITED_S = 1e9
"""Seconds. A handler may wait for its database without limit."""

COMMIT_INTERVAL_S = 1.0
"""Seconds between two commits of offsets to Kafka; the offsets in our database decide."""

METADATA_MAX_AGE_MS = 5_000
"""Milliseconds between two reads of the topics' metadata. A group that was joined while a wiped
broker had no topics yet has no partitions, and finds them only in this way."""

SAVE_OFFSET_EVERY = 5000
"""After so many records of a partition without a subscriber, the offset is saved."""

FETCH_MIN_BYTES = 1_000_000
"""Bytes. The broker answers a fetch at once when it has so much for it."""

Offsets = Mapping[str, int]


class Consumer(driver.Consumer):
    """Faust's consumer, with real batches, and start offsets from our database.

    Faust races each put against a rebalance, and so yields after each message,
    and its reader finds a queue of one. A put into a full queue ends anyway
    when a rebalance clears the queue, and none begins before its end.
    """

    def _new_consumer_thread(self) -> driver.AIOKafkaConsumerThread:
        return FetchThread(self, loop=self.loop, beacon=self.beacon)

    async def wait_first(self, *coros: Any, timeout: Any = None) -> Any:  # noqa: ANN401, ASYNC109
        """For a put and a rebalance, wait for the put; for anything else, as Faust does.

        While the flow is stopped nothing is put: the put would wait until the rebalance ends,
        and Faust would then count the record as read, with all earlier ones that come again.
        """
        if len(coros) != len(("put", "rebalance")):
            return await super().wait_first(*coros, timeout=timeout)
        put, suspended = coros
        suspended.close()
        if not self.flow_active:
            put.close()
            return None
        return await put

    def highwater(self, tp: TP) -> int:
        """Return 0. Faust asks for each record, for a monitor that nothing reads."""
        del tp
        return 0

    async def _commit_offsets(
        self,
        offsets: Mapping[TP, int],
        start_new_transaction: bool = True,  # noqa: FBT001, FBT002  Faust's signature
    ) -> bool:
        """Commit offsets, without the table of them that Faust draws for a log that is off."""
        del start_new_transaction
        assignment = self.assignment()
        assigned = {tp: offset for tp, offset in offsets.items() if tp in assignment}
        if not assigned:
            return False
        is_committed = await self._commit(assigned)
        self._committed_offset.update(assigned)
        return is_committed

    async def seek_to_committed(self) -> Mapping[TP, int]:
        """Seek to the group's committed offsets, or to lower ones that our database has.

        A database restored from a backup has not handled all that the group committed. If
        only the database has an offset, the broker was wiped: the partition is read from the
        beginning, and the inbox drops handled messages. If neither has one, seek the
        beginning: records fetched in a rebalance are dropped, and aiokafka, which does
        not seek there, would continue after them.
        """
        committed = dict(await super().seek_to_committed())
        transport = self.transport
        assert isinstance(transport, Transport)
        saved_offsets, starts = await transport.next_offsets(), dict[TP, int]()
        for partition in self.assignment():
            saved = saved_offsets.get(transport.source_of(partition))
            group = committed.get(partition)
            start = offset_to_seek(group, saved)
            if start is None:
                continue
            if saved is not None:
                write = log.error if is_far_ahead(group, start) else log.info
                write("broker.offset_differs", partition=str(partition), group=group, ours=saved)
            starts[partition] = start
        await self.seek_wait(starts)
        return committed | starts

    async def seek_wait(self, partitions: Mapping[TP, int]) -> None:
        """Seek, without waiting for the broker to confirm it.

        In the fetching thread: a seek in another thread may come while a fetch takes its
        records, which then sets the position after them.
        """
        await self._thread.call_thread(self._seek_all, partitions)
        for partition, offset in partitions.items():
            self._read_offset[partition] = offset or None

    async def _seek_all(self, partitions: Mapping[TP, int]) -> None:
        for partition, offset in partitions.items():
            self._thread.seek(partition, offset)


def offset_to_seek(group: int | None, saved: int | None) -> int | None:
    """Return the offset to seek; None to continue at the group's committed offset.

    Without a committed offset it is the beginning. Records of types without a handler are
    committed but not saved in the database, so its offset is usually a little lower.
    """
    if group is None or group <= 0:
        return 0
    return saved if saved is not None and saved < group else None


def is_far_ahead(group: int | None, start: int) -> bool:
    """Return whether the group is ahead by more than records without a subscriber explain.

    A group without committed offsets is no error here: the publisher detects and reports a wiped
    broker with certainty.
    """
    return group is not None and group - start > SAVE_OFFSET_EVERY


class FetchThread(driver.AIOKafkaConsumerThread):
    """Faust's consumer thread, with a longer fetch wait at the broker if one is set."""

    def _create_worker_consumer(self, transport: Any) -> Any:  # noqa: ANN401  Faust's own types
        """Have the broker batch records that no order waits for: each fetch costs both sides."""
        consumer = super()._create_worker_consumer(transport)
        if fetch_max_wait := transport.fetch_max_wait.total_seconds():
            consumer._fetch_min_bytes = FETCH_MIN_BYTES  # noqa: SLF001  Faust has no setting for it
            consumer._fetch_max_wait_ms = round(1000 * fetch_max_wait)  # noqa: SLF001
        return consumer


class NoTables(TableManager):
    """Faust's table manager without tables, so without its wait of a second at each start."""

    async def sleep(self, n: Any) -> None:  # noqa: ANN401  Faust's own union
        """Return at once."""
        del n
        await asyncio.sleep(0)


class RawSchema(faust.Schema[bytes, bytes]):
    """Passes on keys and values as they are.

    Faust's own schema looks up codecs and settings for each message: docs/performance.md.
    """

    def compile(self, app: Any, **_: Any) -> Any:  # noqa: ANN401  Faust's own types
        """Return the function that makes the event of a message."""
        event = app.conf.Event

        async def decode(message: Message, *, propagate: bool = False) -> Any:  # noqa: ANN401
            del propagate  # there is no error to propagate
            return event(app, message.key, message.value, None, message)

        return decode


class EmptyBuffer(ProducerBuffer):
    """The buffer of Faust's producer, to which nothing is sent: we publish with producer.py.

    Faust waits for room in it before each message that it reads.
    """

    async def wait_until_ebb(self) -> None:
        """Return at once."""


class UnusedProducer(driver.Producer):
    """Faust's producer, which every app has."""

    def __init__(self, *arguments: Any, **named: Any) -> None:  # noqa: ANN401  Faust's own types
        super().__init__(*arguments, **named)
        self.buffer = EmptyBuffer(loop=self.loop, beacon=self.beacon)
        self.buffer.app = self.app


class Transport(driver.Transport):
    """Faust's transport, with our consumer."""

    Consumer = Consumer
    Producer = UnusedProducer

    def __init__(
        self,
        app: faust.App,
        prefix: str,
        next_offsets: Callable[[], Awaitable[Offsets]],
        fetch_max_wait: timedelta = timedelta(),
    ) -> None:
        super().__init__(app.conf.broker, app=app, loop=app.loop)
        self._prefix = len(prefix)
        self.fetch_max_wait = fetch_max_wait
        """How long the broker may hold a fetch to fill a batch; 0 for Faust's default."""

        self.next_offsets = next_offsets
        """Returns the offset of the next record to read, by topic and partition."""

    def source_of(self, partition: TP) -> str:
        """Return our name of a partition: `order/7`."""
        return f"{partition.topic[self._prefix :]}/{partition.partition}"


def make_faust_app(settings: Settings) -> faust.App:
    """Return a Faust app that is configured to lose no message."""
    return faust.App(
        settings.consumer_group,
        broker=f"kafka://{settings.kafka.replace(',', ';')}",
        broker_credentials=credentials(settings),
        datadir=str(settings.state_folder),
        store="memory://",
        topic_allow_declare=False,
        topic_disable_leader=True,
        web_enabled=False,
        stream_wait_empty=False,
        TableManager=NoTables,
        stream_buffer_maxsize=STREAM_BUFFER_SIZE,
        consumer_auto_offset_reset="earliest",
        consumer_metadata_max_age_ms=METADATA_MAX_AGE_MS,
        broker_max_poll_records=MAX_POLL_RECORDS,
        broker_max_poll_interval=UNLIMITED_S,
        broker_session_timeout=6.0,
        broker_rebalance_timeout=6.0,
        broker_heartbeat_interval=1.0,
        broker_commit_interval=COMMIT_INTERVAL_S,
        broker_commit_every=100 * MAX_POLL_RECORDS,
    )


def credentials(settings: Settings) -> Any:  # noqa: ANN401  Faust's own union
    """Return the credentials with which Faust authenticates to Kafka."""
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
