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
from shared.exit import start_again
from shared.kafka.producer import Allowed, to_all
from shared.kafka.records import Record
from shared.kafka.topic_reader import TopicReader
from shared.messaging import inbox
from shared.messaging.after_commit import Dispatch
from shared.messaging.publisher import Relay
from shared.messaging.unit_of_work import PASSING
from shared.observability import metrics
from shared.persistence.database import Sessions
from shared.persistence.database_certainty import Trust
from shared.recovery import identity, rows
from shared.recovery.evidence import (
    Interest,
    Loss,
    Spans,
    ask,
    bounds,
    find_loss,
    spans,
    told_since,
)
from shared.recovery.pending import Pending, keys_in
from shared.recovery.rows import RecoveryRow, RecoveryState
from shared.recovery.takeover import Keeper, Takeover

T = TypeVar("T")
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Reading:
    """How the service handles what it reads once more."""

    handle: Callable[[list[Record]], Awaitable[None]]
    try_early: Callable[[], Awaitable[Mapping[bytes, int]]]
    """Tries again what came too early; returns how much of it was handled, by key."""


FIRST_PAUSE, LONGEST_PAUSE = 0.1, 5.0
"""Seconds between two tries to compare database and topics."""

ON_THE_WAY = timedelta(seconds=2)
"""So long another process of the service may still be handing over what it has committed."""

LOCK = "SELECT pg_try_advisory_lock(hashtext('kaitong.recovery'))"
UNLOCK = "SELECT pg_advisory_unlock(hashtext('kaitong.recovery'))"


@dataclass(slots=True)
class Recovery:
    """Recovers one service's database."""

    settings: Settings
    sessions: Sessions
    relay: Relay
    interest: Interest
    takeover: Takeover
    allowed: Allowed = to_all
    """Raises UnavailableError where the topics are another installation's."""

    is_done: asyncio.Event = field(default_factory=asyncio.Event)
    """Set once the process may consume, set timers off and call elements."""

    _doubt: asyncio.Event = field(default_factory=asyncio.Event)
    _is_replaying: bool = False

    def doubt(self) -> None:
        """Have database and topics compared; a recovery that is under way begins anew."""
        if self._is_replaying:
            start_again("the database was lost while it was being recovered; the recovery goes on")
        self._doubt.set()

    async def begin(self, reading: Reading | None) -> None:
        """Recover what the start finds set back; from then on compare whenever in doubt, for ever.

        Args:
            reading: handles what is read once more; None in a process that consumes nothing.
        """
        await self._patiently(partial(self._recover, reading))
        self.is_done.set()
        while True:
            if not self._doubt.is_set():
                self.relay.certainty.prove()
            await self._doubt.wait()
            self._doubt.clear()
            if await self._patiently(self._look):
                await self.relay.close()
                start_again(
                    "the database was set back; what it has lost is taken over at the start"
                )

    async def _patiently(self, work: Callable[[TopicReader], Awaitable[T]]) -> T:
        """Do some work with topics and database, again and again until both are there."""
        pause = FIRST_PAUSE
        while True:
            try:
                await asyncio.to_thread(self._look_where_the_tables_lie)
                async with TopicReader(self.settings) as reader:
                    await self.allowed()
                    self.relay.certainty.can_prove()
                    return await work(reader)
            except (UnavailableError, *PASSING) as trouble:
                if isinstance(trouble, UnavailableError):
                    self.relay.certainty.cannot_prove()
                log.info("recovery.waits", trouble=str(trouble), seconds=pause)
                await asyncio.sleep(pause)
                pause = min(LONGEST_PAUSE, 2 * pause)

    def _look_where_the_tables_lie(self) -> None:
        """Notice another database in the place of the one before, whether or not Kafka is out."""
        with self.sessions.begin() as session:
            if identity.look(session, datetime.now(UTC)):
                log.error("recovery.database_replaced")

    async def _look(self, reader: TopicReader) -> bool:
        """Tell whether the database was set back, or another process is recovering it."""
        if await find_loss(reader, self.interest, self.sessions):
            return True
        return await asyncio.to_thread(self._is_behind)

    def _is_behind(self) -> bool:
        """Tell whether a recovery goes on, or has ended, that this process knows nothing of."""
        with self.sessions() as session:
            is_open = has_begun(session)
            return is_open or not rows.taken_over(session) <= self.relay.taken_over

    async def _recover(self, reading: Reading | None, reader: TopicReader) -> None:
        if (await self._is_needed(reader))[0]:
            async with self._alone():
                is_needed, loss = await self._is_needed(reader)
                if is_needed:  # no other process has done it meanwhile
                    await self._recover_now(reading, reader, loss)
        self.relay.taken_over |= await asyncio.to_thread(self._taken_over)

    async def _is_needed(self, reader: TopicReader) -> tuple[bool, Loss | None]:
        loss = await find_loss(reader, self.interest, self.sessions)
        begun = await asyncio.to_thread(ask, self.sessions, has_begun)
        return loss is not None or begun, loss

    async def _recover_now(
        self, reading: Reading | None, reader: TopicReader, loss: Loss | None
    ) -> None:
        recovery = await self._in_turn(partial(self._open, loss))
        keeper = Keeper(self.sessions, self.interest, self.takeover, recovery.id)
        pending = Pending(keeper, self._in_turn)
        if recovery.state is RecoveryState.TAKING_OVER:
            await self._take_over(keeper, pending, reader)
        self.relay.taken_over |= await asyncio.to_thread(self._taken_over)
        self.relay.certainty.prove()
        self._is_replaying = True
        if reading:
            await self._replay(recovery.id, pending, reading, reader)
        self._is_replaying = False

    @asynccontextmanager
    async def _alone(self) -> AsyncIterator[None]:
        """Keep other processes of the service from recovering meanwhile."""
        with self.sessions() as session:
            options = {"isolation_level": "AUTOCOMMIT"}
            connection = await asyncio.to_thread(session.connection, execution_options=options)
            lock = partial(connection.scalar, text(LOCK))
            while not await asyncio.to_thread(lock):  # noqa: ASYNC110  another process has it
                await asyncio.sleep(FIRST_PAUSE)
            try:
                yield
            finally:
                await asyncio.to_thread(connection.execute, text(UNLOCK))

    def _taken_over(self) -> set[UUID]:
        return ask(self.sessions, rows.taken_over)

    def _open(self, loss: Loss | None, _: Dispatch) -> RecoveryRow:
        """Return the recovery that is going on; begin one if there is none.

        One that goes on takes over whatever the service has told since: it was interrupted while
        it did so, or the database was set back again.
        """
        with self.sessions.begin() as session:
            replaced, going = identity.take(session), rows.open_recovery(session)
            now = replaced.noticed_at if replaced else datetime.now(UTC)
            if going and (replaced or (loss and loss.is_told)):
                going.noticed_at, going.state = now, RecoveryState.TAKING_OVER
            if going:
                return going
            last = replaced.lost_from if replaced else rows.last_change(session)
            new = rows.begin_recovery(session, last or (loss and loss.since), now)
        log.error("recovery.begins", lost_from=str(new.lost_from), lost_until=str(now))
        return new

    async def _take_over(self, keeper: Keeper, pending: Pending, reader: TopicReader) -> None:
        """Read back what the service has told, until nothing more comes."""
        while lost := await told_since(reader, self.interest, self.sessions):
            async for records in reader.merged(*bounds(lost)):
                keys = await self._in_turn(partial(keeper.archive, records))
                await pending.under(keys)
                count = partial(self._count, keeper.recovery, "taken_over", len(keys))
                await self._in_turn(count)
            await asyncio.sleep(ON_THE_WAY.total_seconds())
        await pending.all()
        await self._in_turn(partial(self._move, keeper.recovery, RecoveryState.REPLAYING))

    async def _replay(
        self, id_: UUID, pending: Pending, reading: Reading, reader: TopicReader
    ) -> None:
        """Read once more what the others have told, topic by topic: causes before effects."""
        missing: list[str] = []
        for topic in self.interest.topics:
            unread, gone = await self._unread(reader, topic)
            missing += gone
            async for records in reader.merged(*bounds(unread)):
                await reading.handle(records)
                await self._in_turn(partial(self._count, id_, "replayed", len(records)))
                await pending.follow(records)
            await self._try_early(pending, reading)
        await pending.all(is_last=True)
        await self._in_turn(partial(self._end, id_, missing))

    async def _try_early(self, pending: Pending, reading: Reading) -> None:
        """Try what came too early: it may have waited for what was applied, and the other way."""
        await pending.as_far_as_possible()
        while handled := {key for key, count in (await reading.try_early()).items() if count}:
            await pending.under(keys_in(handled))

    async def _unread(self, reader: TopicReader, topic: str) -> tuple[Spans, list[str]]:
        """Return what the database has not read of a topic, and what of it is gone for good."""
        sources = await reader.sources([topic])
        ends, begins = await reader.ends(sources), await reader.beginnings(sources)
        reached = await asyncio.to_thread(ask, self.sessions, inbox.reached)
        gone = [each for each in sources if each in reached and reached[each] < begins[each]]
        starts = {each: max(begins[each], reached.get(each, 0)) for each in sources}
        return spans(ends, starts), gone

    async def _in_turn(self, transact: Callable[[Dispatch], T]) -> T:
        """Write something in a turn of the writing thread."""
        return await self.relay.commit(transact, Trust.NONE)

    def _count(self, id_: UUID, column: str, more: int, _: Dispatch) -> None:
        grown = {column: getattr(RecoveryRow, column) + more}
        self._write(id_, **grown)
        metrics.RECOVERED.labels(column).inc(more)

    def _move(self, id_: UUID, state: RecoveryState, _: Dispatch) -> None:
        self._write(id_, state=state)

    def _end(self, id_: UUID, missing: Iterable[str], _: Dispatch) -> None:
        gone = ", ".join(missing)
        self._write(id_, state=RecoveryState.DONE, ended_at=datetime.now(UTC), missing=gone)
        with self.sessions() as session:
            row = session.get_one(RecoveryRow, id_)
        log.error("recovery.ended", recovery=str(id_), **outcome_of(row))

    def _write(self, id_: UUID, **values: object) -> None:
        with self.sessions.begin() as session:
            session.execute(update(RecoveryRow).where(RecoveryRow.id == id_).values(**values))


def has_begun(session: Session) -> bool:
    """Tell whether a recovery goes on, or has to begin since the tables were moved."""
    return rows.open_recovery(session) is not None or identity.waiting(session)


def outcome_of(row: RecoveryRow) -> dict[str, object]:
    """Return what came of a recovery, for the log."""
    return {
        "lost_from": str(row.lost_from),
        "lost_until": str(row.noticed_at),
        "taken_over": row.taken_over,
        "replayed": row.replayed,
        "missing": row.missing,
    }
