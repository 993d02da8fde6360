"""The scheduler: reminders whose time has come are handled like messages."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial

from sqlalchemy.orm import Session

from shared.kafka.records import ConsumedRecord
from shared.messaging.after_commit import AfterCommit, Callback
from shared.messaging.crash_guard import CrashGuard
from shared.messaging.dispatcher import Dispatcher, Subscriptions
from shared.messaging.inbox import surrogate_offset
from shared.messaging.publisher import Publisher
from shared.messaging.retry import retry_while_unavailable
from shared.persistence.database import Sessions
from shared.scheduling import timer_store
from shared.scheduling.timer_store import DueTimer, ScheduledMessage

MAX_BATCH = 500
MAX_IDLE = timedelta(seconds=1)
"""The longest rest: another process may have set a reminder."""


@dataclass(slots=True)
class Scheduler:
    """Rings for one service."""

    sessions: Sessions
    publisher: Publisher
    subscriptions: Subscriptions
    crash_guard: CrashGuard
    _wake: asyncio.Event = field(default_factory=asyncio.Event)

    def wake(self) -> None:
        """Look at once what is due."""
        self._wake.set()

    def enqueue(
        self, session: Session, several: Sequence[ScheduledMessage], now: datetime
    ) -> Callback:
        """Write reminders down; look what is due once they are committed."""
        ScheduledMessage.write(session, several, now)
        return self.wake

    async def run(self) -> None:
        """Handle what is due, for ever."""
        while True:
            self._wake.clear()
            due, next_due = await retry_while_unavailable(self.publisher, self._find_due)
            if due:
                await self._handle_due(due)
            else:
                await self._rest(next_due)

    async def _rest(self, next_due: datetime | None) -> None:
        now = datetime.now(UTC)
        rest = min(MAX_IDLE, next_due - now) if next_due else MAX_IDLE
        try:
            async with asyncio.timeout(max(0.0, rest.total_seconds())):
                await self._wake.wait()
        except TimeoutError:
            return

    async def _handle_due(self, due: Sequence[DueTimer]) -> None:
        ids = {_due_record(each): each.id for each in due}

        def delete_due(session: Session, records: Sequence[ConsumedRecord]) -> list[ConsumedRecord]:
            deleted = timer_store.delete_timers(session, [ids[each] for each in records])
            return [each for each in records if ids[each] in deleted]

        dispatcher = Dispatcher(self.sessions, self.subscriptions, delete_due)
        await retry_while_unavailable(
            self.publisher, partial(self.crash_guard.handle_batch, dispatcher, list(ids))
        )

    def _find_due(self, _: AfterCommit) -> tuple[list[DueTimer], datetime | None]:
        with self.sessions() as session:
            due = timer_store.due_timers(session, datetime.now(UTC), MAX_BATCH)
            return due, None if due else timer_store.next_due(session)


def _due_record(due: DueTimer) -> ConsumedRecord:
    return ConsumedRecord("timers", surrogate_offset(due.id), due.key.bytes, due.body, due.type)
