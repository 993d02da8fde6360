"""The recovery of one service: detect a loss, take over, replay, report.

It runs before the process consumes or publishes anything, and again whenever the database was
out: another may have replaced it.
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

from shared.backoff import Backoff
from shared.config.settings import Settings
from shared.errors import UnavailableError
from shared.exit import exit_for_restart
from shared.kafka.producer import TopicCheck, allow_all_topics
from shared.kafka.record_types import ConsumedRecord
from shared.kafka.topic_reader import TopicReader
from shared.messaging import inbox
from shared.messaging.commit_context import CommitContext
from shared.messaging.publisher import Publisher
from shared.messaging.unit_of_work import TRANSIENT
from shared.messaging.writer import Writer
from shared.observability import metrics
from shared.persistence.database import Sessions
from shared.persistence.database_certainty import RequiredCertainty
from shared.recovery import database_identity, recovery_store
from shared.recovery.loss_detection import (
    DetectedLoss,
    OffsetRanges,
    ServiceTopics,
    find_loss,
    non_empty_ranges,
    published_ranges_to_check,
    query_database,
    starts_and_ends,
)
from shared.recovery.recovery_store import RecoveryRow, RecoveryState
from shared.recovery.takeover import Takeover, TakeoverWriter
from shared.recovery.unapplied_messages import UnappliedMessages, uuid_keys_of

T = TypeVar("T")
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class ReplayHandlers:
    """How the service handles replayed records."""

    handle: Callable[[list[ConsumedRecord]], Awaitable[None]]
    retry_early: Callable[[], Awaitable[Mapping[bytes, int]]]
    """Redelivers early messages; returns how many of them were handled, by key."""


FIRST_PAUSE, LONGEST_PAUSE = timedelta(milliseconds=100), timedelta(seconds=5)
"""Between two tries to compare database and topics."""

LOCK_INTERVAL = timedelta(milliseconds=100)
"""Between two tries to lock the recovery, while another process has it."""

PUBLISHING_GRACE = timedelta(seconds=2)
"""How long another process of the service may still publish what it has committed."""

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
    """Set once the process may consume, fire timers and call elements."""

    _check_requested: asyncio.Event = field(default_factory=asyncio.Event)
    _is_replaying: bool = False

    def request_check(self) -> None:
        """Have database and topics compared; during a replay, restart the process for it."""
        if self._is_replaying:
            exit_for_restart("the database was lost during its recovery; the next start continues")
        self._check_requested.set()

    @property
    def writer(self) -> Writer:
        """Commits what is recovered."""
        return self.publisher.writer

    async def run(self, handlers: ReplayHandlers | None) -> None:
        """Recover what the start finds lost; then check whenever that is requested. Never returns.

        Args:
            handlers: of replayed records; None in a process that consumes nothing.
        """
        await self._retry_while_unavailable(partial(self._recover, handlers))
        self.is_done.set()
        while True:
            if not self._check_requested.is_set():
                self.writer.certainty.mark_proven()
            await self._check_requested.wait()
            self._check_requested.clear()
            if await self._retry_while_unavailable(self._has_loss):
                await self.publisher.close()
                exit_for_restart("the database was restored; the next start recovers what it lost")

    async def _retry_while_unavailable(self, work: Callable[[TopicReader], Awaitable[T]]) -> T:
        """Run work with topics and database; retry until both are reachable."""
        backoff = Backoff(FIRST_PAUSE, LONGEST_PAUSE)
        while True:
            try:
                await asyncio.to_thread(self._check_database_identity)
                async with TopicReader(self.settings) as reader:
                    await self.allowed()
                    self.writer.certainty.suspend_serving_unless_proven()
                    return await work(reader)
            except (UnavailableError, *TRANSIENT) as error:
                if isinstance(error, UnavailableError):
                    self.writer.certainty.serve_without_proof()
                seconds = backoff.pause.total_seconds()
                log.info("recovery.waits", reason=str(error), seconds=seconds)
                await backoff.sleep()

    def _check_database_identity(self) -> None:
        """Detect that the database was replaced, whether or not Kafka is out."""
        with self.sessions.begin() as session:
            if database_identity.detect_and_record_replacement(session, datetime.now(UTC)):
                log.error("recovery.database_replaced")

    async def _has_loss(self, reader: TopicReader) -> bool:
        """Return whether the database has lost data, or another process found that."""
        if await find_loss(reader, self.service_topics, self.sessions):
            return True
        return await asyncio.to_thread(self._has_unknown_recovery)

    def _has_unknown_recovery(self) -> bool:
        """Return whether a recovery is open, or has ended without this process noticing."""
        with self.sessions.begin() as session:
            is_open = needs_recovery(session)
            return is_open or not recovery_store.taken_over_ids(session) <= self.writer.taken_over

    async def _recover(self, handlers: ReplayHandlers | None, reader: TopicReader) -> None:
        if (await self._find_need_and_loss(reader))[0]:
            async with self._exclusive():
                is_needed, loss = await self._find_need_and_loss(reader)
                if is_needed:  # no other process has done it meanwhile
                    await self._recover_now(handlers, reader, loss)
        self.writer.taken_over |= await asyncio.to_thread(self._taken_over)

    async def _find_need_and_loss(self, reader: TopicReader) -> tuple[bool, DetectedLoss | None]:
        loss = await find_loss(reader, self.service_topics, self.sessions)
        is_begun = await asyncio.to_thread(query_database, self.sessions, needs_recovery)
        return loss is not None or is_begun, loss

    async def _recover_now(
        self, handlers: ReplayHandlers | None, reader: TopicReader, loss: DetectedLoss | None
    ) -> None:
        recovery = await self._run_transaction(partial(self._open, loss))
        takeover_writer = TakeoverWriter(
            self.sessions, self.service_topics, self.takeover, recovery.id
        )
        pending = UnappliedMessages(takeover_writer, self._run_transaction)
        if recovery.state is RecoveryState.TAKING_OVER:
            await self._take_over(takeover_writer, pending, reader)
        self.writer.taken_over |= await asyncio.to_thread(self._taken_over)
        self.writer.certainty.mark_proven()
        self._is_replaying = True
        if handlers:
            await self._replay(recovery.id, pending, handlers, reader)
        self._is_replaying = False

    @asynccontextmanager
    async def _exclusive(self) -> AsyncIterator[None]:
        """Hold the lock that lets only one process of the service recover."""
        with self.sessions() as session:
            options = {"isolation_level": "AUTOCOMMIT"}
            connection = await asyncio.to_thread(session.connection, execution_options=options)
            lock = partial(connection.scalar, text(LOCK))
            while not await asyncio.to_thread(lock):  # noqa: ASYNC110  another process has it
                await asyncio.sleep(LOCK_INTERVAL.total_seconds())
            try:
                yield
            finally:
                await asyncio.to_thread(connection.execute, text(UNLOCK))

    def _taken_over(self) -> set[UUID]:
        return query_database(self.sessions, recovery_store.taken_over_ids)

    def _open(self, loss: DetectedLoss | None, _: CommitContext) -> RecoveryRow:
        """Return the open recovery; begin one if there is none.

        An open one goes back to taking over if published messages are lost: it was interrupted
        while it did so, or the database was restored again.
        """
        with self.sessions.begin() as session:
            replaced = database_identity.pop_replacement(session)
            current = recovery_store.find_open_recovery(session)
            now = replaced.noticed_at if replaced else datetime.now(UTC)
            if current and (replaced or (loss and loss.is_published)):
                current.noticed_at, current.state = now, RecoveryState.TAKING_OVER
            if current:
                return current
            last = replaced.lost_from if replaced else recovery_store.last_change_time(session)
            new = recovery_store.begin_recovery(session, last or (loss and loss.since), now)
        log.error("recovery.begins", lost_from=str(new.lost_from), lost_until=str(now))
        return new

    async def _take_over(
        self, takeover_writer: TakeoverWriter, pending: UnappliedMessages, reader: TopicReader
    ) -> None:
        """Read back the messages that the service has published, until no more are found."""
        while lost := await published_ranges_to_check(reader, self.service_topics, self.sessions):
            async for records in reader.read_merged(*starts_and_ends(lost)):
                keys = await self._run_transaction(
                    partial(takeover_writer.store_lost_messages, records)
                )
                await pending.retry_keys(keys)
                count = partial(self._add_count, takeover_writer.recovery, "taken_over", len(keys))
                await self._run_transaction(count)
            await asyncio.sleep(PUBLISHING_GRACE.total_seconds())
        await pending.retry_all()
        await self._run_transaction(
            partial(self._set_state, takeover_writer.recovery, RecoveryState.REPLAYING)
        )

    async def _replay(
        self, id_: UUID, pending: UnappliedMessages, handlers: ReplayHandlers, reader: TopicReader
    ) -> None:
        """Consume the messages of other services again, topic by topic: causes before effects."""
        missing: list[str] = []
        for topic in self.service_topics.topics:
            unread, deleted = await self._unread(reader, topic)
            missing += deleted
            async for records in reader.read_merged(*starts_and_ends(unread)):
                await handlers.handle(records)
                await self._run_transaction(partial(self._add_count, id_, "replayed", len(records)))
                await pending.retry_unblocked_by(records)
            await self._retry_early(pending, handlers)
        await pending.retry_all(is_last=True)
        await self._run_transaction(partial(self._end, id_, missing))

    async def _retry_early(self, pending: UnappliedMessages, handlers: ReplayHandlers) -> None:
        """Retry pending and early messages in turn: each may have waited for the other."""
        await pending.retry_while_progress()
        while handled := {key for key, count in (await handlers.retry_early()).items() if count}:
            await pending.retry_keys(uuid_keys_of(handled))

    async def _unread(self, reader: TopicReader, topic: str) -> tuple[OffsetRanges, list[str]]:
        """Return the unread offsets of a topic, and the partitions with deleted unread records."""
        sources = await reader.partitions([topic])
        ends, begins = await reader.end_offsets(sources), await reader.beginning_offsets(sources)
        reached = await asyncio.to_thread(query_database, self.sessions, inbox.next_offsets)
        deleted = [each for each in sources if each in reached and reached[each] < begins[each]]
        starts = {each: max(begins[each], reached.get(each, 0)) for each in sources}
        return non_empty_ranges(ends, starts), deleted

    async def _run_transaction(self, transact: Callable[[CommitContext], T]) -> T:
        """Run a transaction in a turn of the writing thread."""
        return await self.writer.commit(transact, RequiredCertainty.NONE)

    def _add_count(self, id_: UUID, column: str, more: int, _: CommitContext) -> None:
        grown = {column: getattr(RecoveryRow, column) + more}
        self._write(id_, **grown)
        metrics.RECOVERED.labels(column).inc(more)

    def _set_state(self, id_: UUID, state: RecoveryState, _: CommitContext) -> None:
        self._write(id_, state=state)

    def _end(self, id_: UUID, missing: Iterable[str], _: CommitContext) -> None:
        names = ", ".join(missing)
        self._write(id_, state=RecoveryState.DONE, ended_at=datetime.now(UTC), missing=names)
        with self.sessions.begin() as session:
            row = session.get_one(RecoveryRow, id_)
        log.error("recovery.ended", recovery=str(id_), **recovery_store.log_fields(row))

    def _write(self, id_: UUID, **values: object) -> None:
        with self.sessions.begin() as session:
            session.execute(update(RecoveryRow).where(RecoveryRow.id == id_).values(**values))


def needs_recovery(session: Session) -> bool:
    """Return whether a recovery is open, or must begin since the database was replaced."""
    is_open = recovery_store.find_open_recovery(session) is not None
    return is_open or database_identity.has_unhandled_replacement(session)
