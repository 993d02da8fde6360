"""The scheduler: handles due timers like consumed messages."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial

from sqlalchemy.orm import Session

from shared.kafka.record_types import ConsumedRecord
from shared.messaging.commit_context import Callback, CommitContext
from shared.messaging.crash_guard import CrashGuard
from shared.messaging.dispatcher import Dispatcher, Subscriptions
from shared.messaging.inbox import surrogate_offset
from shared.messaging.retry import retry_while_unavailable
from shared.messaging.writer import Writer
from shared.pacing import wait_for_event
from shared.persistence.database import Sessions
from shared.scheduling import timer_store
from shared.scheduling.timer_store import DueTimer, ScheduledMessage

MAX_BATCH = 500
MAX_IDLE = timedelta(seconds=1)
"""The longest pause: another process may have set a timer."""


@dataclass(slots=True)
class Scheduler:
    """Handles the due timers of one service."""

    sessions: Sessions
    writer: Writer
    subscriptions: Subscriptions
    crash_guard: CrashGuard
    _wake: asyncio.Event = field(default_factory=asyncio.Event)

    def wake(self) -> None:
        """Check for due timers at once."""
        self._wake.set()

    def enqueue(
        self, session: Session, several: Sequence[ScheduledMessage], now: datetime
    ) -> Callback:
        """Write timers; check for due ones after the commit."""
        ScheduledMessage.write(session, several, now)
        return self.wake

    async def run(self) -> None:
        """Handle due timers, without end."""
        while True:
            self._wake.clear()
            due, next_due = await retry_while_unavailable(self.writer, self._find_due)
            if due:
                await self._handle_due(due)
            else:
                await self._wait(next_due)

    async def _wait(self, next_due: datetime | None) -> None:
        now = datetime.now(UTC)
        pause = min(MAX_IDLE, next_due - now) if next_due else MAX_IDLE
        await wait_for_event(self._wake, pause)

    async def _handle_due(self, due: Sequence[DueTimer]) -> None:
        ids = {_to_consumed_record(each): each.id for each in due}

        def delete_due(session: Session, records: Sequence[ConsumedRecord]) -> list[ConsumedRecord]:
            deleted = timer_store.delete_timers(session, [ids[each] for each in records])
            return [each for each in records if ids[each] in deleted]

        dispatcher = Dispatcher(self.sessions, self.subscriptions, delete_due)
        await retry_while_unavailable(
            self.writer, partial(self.crash_guard.handle_batch, dispatcher, list(ids))
        )

    def _find_due(self, _: CommitContext) -> tuple[list[DueTimer], datetime | None]:
        with self.sessions.begin() as session:
            due = timer_store.due_timers(session, datetime.now(UTC), MAX_BATCH)
            return due, None if due else timer_store.next_due(session)


def _to_consumed_record(due: DueTimer) -> ConsumedRecord:
    return ConsumedRecord("timers", surrogate_offset(due.id), due.key.bytes, due.body, due.type)
