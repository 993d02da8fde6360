"""The alarm: reminders whose time has come are handled like messages."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial

from sqlalchemy.orm import Session

from shared.kafka.records import Record
from shared.messaging.after_commit import Callback, Dispatch
from shared.messaging.crash_guard import Caution
from shared.messaging.dispatcher import Receiver, Subscriptions
from shared.messaging.inbox import number_of
from shared.messaging.publisher import Relay
from shared.messaging.retry import patiently
from shared.persistence.database import Sessions
from shared.scheduling import timer_store
from shared.scheduling.timer_store import Due, Reminder

MOST = 500
LOOK_AGAIN = timedelta(seconds=1)
"""The longest rest: another process may have set a reminder."""


@dataclass(slots=True)
class Alarm:
    """Rings for one service."""

    sessions: Sessions
    relay: Relay
    subscriptions: Subscriptions
    caution: Caution
    _wake: asyncio.Event = field(default_factory=asyncio.Event)

    def wake(self) -> None:
        """Look at once what is due."""
        self._wake.set()

    def enqueue(self, session: Session, several: Sequence[Reminder], now: datetime) -> Callback:
        """Write reminders down; look what is due once they are committed."""
        Reminder.write(session, several, now)
        return self.wake

    async def run(self) -> None:
        """Handle what is due, for ever."""
        while True:
            self._wake.clear()
            due, next_due = await patiently(self.relay, self._look)
            if due:
                await self._ring(due)
            else:
                await self._rest(next_due)

    async def _rest(self, next_due: datetime | None) -> None:
        now = datetime.now(UTC)
        rest = min(LOOK_AGAIN, next_due - now) if next_due else LOOK_AGAIN
        try:
            async with asyncio.timeout(max(0.0, rest.total_seconds())):
                await self._wake.wait()
        except TimeoutError:
            return

    async def _ring(self, due: Sequence[Due]) -> None:
        ids = {_record(each): each.id for each in due}

        def strike(session: Session, records: Sequence[Record]) -> list[Record]:
            struck = timer_store.strike(session, [ids[each] for each in records])
            return [each for each in records if ids[each] in struck]

        receiver = Receiver(self.sessions, self.subscriptions, strike)
        await patiently(self.relay, partial(self.caution.receive, receiver, list(ids)))

    def _look(self, _: Dispatch) -> tuple[list[Due], datetime | None]:
        with self.sessions() as session:
            due = timer_store.due(session, datetime.now(UTC), MOST)
            return due, None if due else timer_store.next_due(session)


def _record(due: Due) -> Record:
    return Record("timers", number_of(due.id), due.key.bytes, due.body, due.type)
