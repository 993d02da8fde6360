"""The recovery of one service: notice, take over, read once more, and tell people.

It runs before the process consumes or publishes anything, and again whenever the database was
out: another may be in its place.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TypeVar
from uuid import UUID

import structlog
from sqlalchemy import text, update
from sqlalchemy.orm import Session

from shared.config.settings import Settings
from shared.errors import UnavailableError
from shared.exit import restart_process
from shared.kafka.producer import TopicCheck, allow_all_topics
from shared.kafka.records import ConsumedRecord
from shared.kafka.topic_reader import TopicReader
from shared.messaging import inbox
from shared.messaging.after_commit import AfterCommit
from shared.messaging.publisher import Publisher
from shared.messaging.unit_of_work import TRANSIENT
from shared.observability import metrics
from shared.persistence.database import Sessions
from shared.persistence.database_certainty import RequiredCertainty
from shared.recovery import database_identity, recovery_store
from shared.recovery.loss_detection import (
    Loss,
    OffsetRanges,
    ServiceTopics,
    find_loss,
    non_empty_ranges,
    published_beyond_database,
    query_database,
    starts_and_ends,
)
from shared.recovery.pending_messages import PendingMessages, uuid_keys_of
from shared.recovery.recovery_store import RecoveryRow, RecoveryState
from shared.recovery.takeover import Takeover, TakeoverWriter

T = TypeVar("T")
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class ReplayHandlers:
    """How the service handles what it reads once more."""

    handle: Callable[[list[ConsumedRecord]], Awaitable[None]]
    retry_early: Callable[[], Awaitable[Mapping[bytes, int]]]
    """Tries again what came too early; returns how much of it was handled, by key."""


FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.1, 5.0
"""Seconds between two tries to compare database and topics."""

PUBLISHING_GRACE = timedelta(seconds=2)
"""So long another process of the service may still be handing over what it has committed."""

LOCK = "SELECT pg_try_advisory_lock(hashtext('kaitong.recovery'))"
UNLOCK = "SELECT pg_advisory_unlock(hashtext('kaitong.recovery'))"


@dataclass(slots=True)
class Recovery:
    """Recovers one service's database."""

    settings: Settings
    sessions: Sessions
    publisher: Publisher
    service_topics: ServiceTopics
    takeover: Takeover
    allowed: TopicCheck = allow_all_topics
    """Raises UnavailableError where the topics are another installation's."""

    is_done: asyncio.Event = field(default_factory=asyncio.Event)
    """Set once the process may consume, set timers off and call elements."""

    _doubt: asyncio.Event = field(default_factory=asyncio.Event)
    _is_replaying: bool = False

    def request_check(self) -> None:
        """Have database and topics compared; a recovery that is under way begins anew."""
        if self._is_replaying:
            restart_process(
                "the database was lost while it was being recovered; the recovery goes on"
            )
        self._doubt.set()

    async def run(self, handlers: ReplayHandlers | None) -> None:
        """Recover what the start finds set back; from then on compare whenever in doubt, for ever.

        Args:
            handlers: of what is read once more; None in a process that consumes nothing.
        """
        await self._retry_while_unavailable(partial(self._recover, handlers))
        self.is_done.set()
        while True:
            if not self._doubt.is_set():
                self.publisher.certainty.mark_proven()
            await self._doubt.wait()
            self._doubt.clear()
            if await self._retry_while_unavailable(self._is_set_back):
                await self.publisher.close()
                restart_process(
                    "the database was set back; what it has lost is taken over at the start"
                )

    async def _retry_while_unavailable(self, work: Callable[[TopicReader], Awaitable[T]]) -> T:
        """Do some work with topics and database, again and again until both are there."""
        pause = FIRST_PAUSE_S
        while True:
            try:
                await asyncio.to_thread(self._check_database_identity)
                async with TopicReader(self.settings) as reader:
                    await self.allowed()
                    self.publisher.certainty.mark_provable()
                    return await work(reader)
            except (UnavailableError, *TRANSIENT) as trouble:
                if isinstance(trouble, UnavailableError):
                    self.publisher.certainty.mark_unprovable()
                log.info("recovery.waits", trouble=str(trouble), seconds=pause)
                await asyncio.sleep(pause)
                pause = min(LONGEST_PAUSE_S, 2 * pause)

    def _check_database_identity(self) -> None:
        """Notice another database in the place of the one before, whether or not Kafka is out."""
        with self.sessions.begin() as session:
            if database_identity.detect_replacement(session, datetime.now(UTC)):
                log.error("recovery.database_replaced")

    async def _is_set_back(self, reader: TopicReader) -> bool:
        """Tell whether the database was set back, or another process is recovering it."""
        if await find_loss(reader, self.service_topics, self.sessions):
            return True
        return await asyncio.to_thread(self._is_behind)

    def _is_behind(self) -> bool:
        """Tell whether a recovery goes on, or has ended, that this process knows nothing of."""
        with self.sessions() as session:
            is_open = needs_recovery(session)
            return (
                is_open or not recovery_store.taken_over_ids(session) <= self.publisher.taken_over
            )

    async def _recover(self, handlers: ReplayHandlers | None, reader: TopicReader) -> None:
        if (await self._is_needed(reader))[0]:
            async with self._exclusive():
                is_needed, loss = await self._is_needed(reader)
                if is_needed:  # no other process has done it meanwhile
                    await self._recover_now(handlers, reader, loss)
        self.publisher.taken_over |= await asyncio.to_thread(self._taken_over)

    async def _is_needed(self, reader: TopicReader) -> tuple[bool, Loss | None]:
        loss = await find_loss(reader, self.service_topics, self.sessions)
        begun = await asyncio.to_thread(query_database, self.sessions, needs_recovery)
        return loss is not None or begun, loss

    async def _recover_now(
        self, handlers: ReplayHandlers | None, reader: TopicReader, loss: Loss | None
    ) -> None:
        recovery = await self._run_transaction(partial(self._open, loss))
        takeover_writer = TakeoverWriter(
            self.sessions, self.service_topics, self.takeover, recovery.id
        )
        pending = PendingMessages(takeover_writer, self._run_transaction)
        if recovery.state is RecoveryState.TAKING_OVER:
            await self._take_over(takeover_writer, pending, reader)
        self.publisher.taken_over |= await asyncio.to_thread(self._taken_over)
        self.publisher.certainty.mark_proven()
        self._is_replaying = True
        if handlers:
            await self._replay(recovery.id, pending, handlers, reader)
        self._is_replaying = False

    @asynccontextmanager
    async def _exclusive(self) -> AsyncIterator[None]:
        """Keep other processes of the service from recovering meanwhile."""
        with self.sessions() as session:
            options = {"isolation_level": "AUTOCOMMIT"}
            connection = await asyncio.to_thread(session.connection, execution_options=options)
            lock = partial(connection.scalar, text(LOCK))
            while not await asyncio.to_thread(lock):  # noqa: ASYNC110  another process has it
                await asyncio.sleep(FIRST_PAUSE_S)
            try:
                yield
            finally:
                await asyncio.to_thread(connection.execute, text(UNLOCK))

    def _taken_over(self) -> set[UUID]:
        return query_database(self.sessions, recovery_store.taken_over_ids)

    def _open(self, loss: Loss | None, _: AfterCommit) -> RecoveryRow:
        """Return the recovery that is going on; begin one if there is none.

        One that goes on takes over whatever the service has told since: it was interrupted while
        it did so, or the database was set back again.
        """
        with self.sessions.begin() as session:
            replaced, going = (
                database_identity.pop_replacement(session),
                recovery_store.open_recovery(session),
            )
            now = replaced.noticed_at if replaced else datetime.now(UTC)
            if going and (replaced or (loss and loss.is_told)):
                going.noticed_at, going.state = now, RecoveryState.TAKING_OVER
            if going:
                return going
            last = replaced.lost_from if replaced else recovery_store.last_change(session)
            new = recovery_store.begin_recovery(session, last or (loss and loss.since), now)
        log.error("recovery.begins", lost_from=str(new.lost_from), lost_until=str(now))
        return new

    async def _take_over(
        self, takeover_writer: TakeoverWriter, pending: PendingMessages, reader: TopicReader
    ) -> None:
        """Read back what the service has told, until nothing more comes."""
        while lost := await published_beyond_database(reader, self.service_topics, self.sessions):
            async for records in reader.read_merged(*starts_and_ends(lost)):
                keys = await self._run_transaction(partial(takeover_writer.archive, records))
                await pending.retry_keys(keys)
                count = partial(self._count, takeover_writer.recovery, "taken_over", len(keys))
                await self._run_transaction(count)
            await asyncio.sleep(PUBLISHING_GRACE.total_seconds())
        await pending.retry_all()
        await self._run_transaction(
            partial(self._move, takeover_writer.recovery, RecoveryState.REPLAYING)
        )

    async def _replay(
        self, id_: UUID, pending: PendingMessages, handlers: ReplayHandlers, reader: TopicReader
    ) -> None:
        """Read once more what the others have told, topic by topic: causes before effects."""
        missing: list[str] = []
        for topic in self.service_topics.topics:
            unread, gone = await self._unread(reader, topic)
            missing += gone
            async for records in reader.read_merged(*starts_and_ends(unread)):
                await handlers.handle(records)
                await self._run_transaction(partial(self._count, id_, "replayed", len(records)))
                await pending.retry_after(records)
            await self._retry_early(pending, handlers)
        await pending.retry_all(is_last=True)
        await self._run_transaction(partial(self._end, id_, missing))

    async def _retry_early(self, pending: PendingMessages, handlers: ReplayHandlers) -> None:
        """Try what came too early: it may have waited for what was applied, and the other way."""
        await pending.retry_while_progress()
        while handled := {key for key, count in (await handlers.retry_early()).items() if count}:
            await pending.retry_keys(uuid_keys_of(handled))

    async def _unread(self, reader: TopicReader, topic: str) -> tuple[OffsetRanges, list[str]]:
        """Return what the database has not read of a topic, and what of it is gone for good."""
        sources = await reader.partitions([topic])
        ends, begins = await reader.end_offsets(sources), await reader.beginning_offsets(sources)
        reached = await asyncio.to_thread(query_database, self.sessions, inbox.next_offsets)
        gone = [each for each in sources if each in reached and reached[each] < begins[each]]
        starts = {each: max(begins[each], reached.get(each, 0)) for each in sources}
        return non_empty_ranges(ends, starts), gone

    async def _run_transaction(self, transact: Callable[[AfterCommit], T]) -> T:
        """Write something in a turn of the writing thread."""
        return await self.publisher.commit(transact, RequiredCertainty.NONE)

    def _count(self, id_: UUID, column: str, more: int, _: AfterCommit) -> None:
        grown = {column: getattr(RecoveryRow, column) + more}
        self._write(id_, **grown)
        metrics.RECOVERED.labels(column).inc(more)

    def _move(self, id_: UUID, state: RecoveryState, _: AfterCommit) -> None:
        self._write(id_, state=state)

    def _end(self, id_: UUID, missing: Iterable[str], _: AfterCommit) -> None:
        gone = ", ".join(missing)
        self._write(id_, state=RecoveryState.DONE, ended_at=datetime.now(UTC), missing=gone)
        with self.sessions() as session:
            row = session.get_one(RecoveryRow, id_)
        log.error("recovery.ended", recovery=str(id_), **recovery_summary(row))

    def _write(self, id_: UUID, **values: object) -> None:
        with self.sessions.begin() as session:
            session.execute(update(RecoveryRow).where(RecoveryRow.id == id_).values(**values))


def needs_recovery(session: Session) -> bool:
    """Tell whether a recovery goes on, or has to begin since the tables were moved."""
    return recovery_store.open_recovery(
        session
    ) is not None or database_identity.has_unhandled_replacement(session)


def recovery_summary(row: RecoveryRow) -> dict[str, object]:
    """Return what came of a recovery, for the log."""
    return {
        "lost_from": str(row.lost_from),
        "lost_until": str(row.noticed_at),
        "taken_over": row.taken_over,
        "replayed": row.replayed,
        "missing": row.missing,
    }
