"""How Faust reads Kafka for us: its transport with our consumer, and its settings.

With bus.py, the only importer of Faust.
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
from faust.types.auth import AuthProtocol
from faust.types.tuples import TP

from shared.settings import Settings

log = structlog.get_logger()

MOST = 500
BUFFER = 4 * MOST
YEARS = 1e9
"""Seconds. A handler may wait for its database as long as it takes."""

COMMIT_EVERY = 1.0
"""Seconds between two times that Kafka is told how far we are; our database knows better."""

TOPICS_KNOWN_MS = 5_000
"""Milliseconds after which topics are looked at again. A group that was joined while a wiped
broker had no topics yet has no partitions, and learns of them only so."""

UNWANTED = 5000
"""After so many records of a partition that nobody listens to, the place is written down."""

FULL = 1_000_000
"""Bytes. When so much has gathered at the broker it is handed over, however little has passed."""

Places = Mapping[str, int]


class Consumer(driver.Consumer):
    """Faust's consumer, with real batches, and a place of our own to start from.

    Faust races each put against a rebalance, and so yields after each message,
    and its reader finds a queue of one. A put into a full queue ends anyway
    when a rebalance clears the queue, and none begins until it is over.
    """

    def _new_consumer_thread(self) -> driver.AIOKafkaConsumerThread:
        return Thread(self, loop=self.loop, beacon=self.beacon)

    async def wait_first(self, *coros: Any, timeout: Any = None) -> Any:  # noqa: ANN401, ASYNC109
        """Of a put and a rebalance, wait for the put; of all else, as Faust does.

        While the flow is stopped nothing is put: the put would wait until the rebalance is over,
        and Faust would then count the record as read, with all before it that comes again.
        """
        if len(coros) != len(("put", "rebalance")):
            return await super().wait_first(*coros, timeout=timeout)
        put, suspended = coros
        suspended.close()
        if not self.flow_active:
            put.close()
            return None
        return await put

    async def seek_to_committed(self) -> Mapping[TP, int]:
        """Seek to where the group stands, or further back where our database does.

        A database restored from a backup has not seen what the group has. Where the
        group is gone and the database has a place, the broker was wiped: all that it
        has is read, and the inbox drops what is known. Where neither has a place, the
        beginning is sought: what is fetched in a rebalance is dropped, and aiokafka, which
        does not seek there, would go on behind it.
        """
        committed = dict(await super().seek_to_committed())
        transport = self.transport
        assert isinstance(transport, Transport)
        places, starts = await transport.reached(), dict[TP, int]()
        for partition in self.assignment():
            place, group = places.get(transport.source_of(partition)), committed.get(partition)
            start = start_before(group, place)
            if start is None:
                continue
            if place is not None:
                tell = log.error if is_far_ahead(group, start) else log.info
                tell("broker.differs", partition=str(partition), group=group, ours=place)
            starts[partition] = start
        await self.seek_wait(starts)
        return committed | starts

    async def seek_wait(self, partitions: Mapping[TP, int]) -> None:
        """Seek, without waiting for the broker to say so.

        In the thread that fetches: in any other, a seek may come while a fetch takes its records,
        which then sets the position behind them. What the seek was for would never be read.
        """
        await self._thread.call_thread(self._seek_all, partitions)
        for partition, offset in partitions.items():
            self._read_offset[partition] = offset or None

    async def _seek_all(self, partitions: Mapping[TP, int]) -> None:
        for partition, offset in partitions.items():
            self._thread.seek(partition, offset)


def start_before(group: int | None, place: int | None) -> int | None:
    """Return the offset to seek; None to go on from the group's committed offset.

    Without a committed offset it is the beginning. Records of types without a handler are
    committed and not counted in the database's place, so that is usually a little lower.
    """
    if group is None or group <= 0:
        return 0
    return place if place is not None and place < group else None


def is_far_ahead(group: int | None, start: int) -> bool:
    """Tell whether the group has passed more than what nobody here listens to.

    A group that has committed nothing is no trouble of its own: a broker that was wiped is told
    by the relay, which finds it out for certain.
    """
    return group is not None and group - start > UNWANTED


class Thread(driver.AIOKafkaConsumerThread):
    """Faust's thread, which may let messages gather at the broker."""

    def _create_worker_consumer(self, transport: Any) -> Any:  # noqa: ANN401  Faust's own types
        """Let the broker hold what nobody waits for: each answer of it costs us, and it, alike."""
        consumer = super()._create_worker_consumer(transport)
        if gather := transport.gather.total_seconds():
            consumer._fetch_min_bytes = FULL  # noqa: SLF001  Faust has no setting for it
            consumer._fetch_max_wait_ms = round(1000 * gather)  # noqa: SLF001
        return consumer


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
        self,
        app: faust.App,
        prefix: str,
        reached: Callable[[], Awaitable[Places]],
        gather: timedelta = timedelta(),
    ) -> None:
        super().__init__(app.conf.broker, app=app, loop=app.loop)
        self._prefix = len(prefix)
        self.gather = gather
        """So long the broker may hold messages back, for others to come with them."""

        self.reached = reached
        """Returns the offset of the next record to read, by topic and partition."""

    def source_of(self, partition: TP) -> str:
        """Return what we call a partition."""
        return f"{partition.topic[self._prefix :]}/{partition.partition}"


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
        consumer_metadata_max_age_ms=TOPICS_KNOWN_MS,
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
