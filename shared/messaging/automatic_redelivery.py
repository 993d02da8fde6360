"""Automatic redelivery: early messages are retried for a bounded time."""

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial

from shared.backoff import Backoff
from shared.messaging import dead_letters
from shared.messaging.commit_context import CommitContext
from shared.messaging.dead_letters import EARLY_RETRY_PERIOD
from shared.messaging.dispatcher import Dispatcher, Subscriptions
from shared.messaging.redelivery import redeliver
from shared.messaging.retry import retry_while_unavailable
from shared.messaging.writer import Writer
from shared.pacing import wait_for_event
from shared.persistence.database import Sessions

EARLIEST = datetime.min.replace(tzinfo=UTC)

WAKE_DELAY = timedelta(milliseconds=100)
"""Between the parking of a message and its first redelivery."""

FIRST_PAUSE, LONGEST_PAUSE = timedelta(milliseconds=200), timedelta(seconds=5)
"""Between two redeliveries."""

MAX_IDLE = timedelta(seconds=30)
"""The longest pause: another process may have parked a message, and ended."""


@dataclass(slots=True)
class AutomaticRedelivery:
    """Redelivers the early messages of one service."""

    sessions: Sessions
    writer: Writer
    subscriptions: Subscriptions
    _wake: asyncio.Event = field(default_factory=asyncio.Event)

    def wake(self) -> None:
        """Check at once: a message was parked."""
        self._wake.set()

    async def run(self) -> None:
        """Redeliver early messages without end: soon at first, then at growing intervals."""
        backoff = Backoff(FIRST_PAUSE, LONGEST_PAUSE)
        while True:
            self._wake.clear()
            if await self.redeliver_once(datetime.now(UTC) - EARLY_RETRY_PERIOD):
                pause = backoff.next_pause()
            else:
                backoff.reset()
                pause = MAX_IDLE
            if await wait_for_event(self._wake, pause):
                await asyncio.sleep(WAKE_DELAY.total_seconds())

    async def redeliver_once(self, since: datetime = EARLIEST) -> dict[bytes, int]:
        """Redeliver once the early messages parked since then; return how many, by key."""
        keys = await retry_while_unavailable(self.writer, partial(self._early_keys, since))
        return {
            key: await retry_while_unavailable(self.writer, partial(self._redeliver, key))
            for key in keys
        }

    def _early_keys(self, since: datetime, _: CommitContext) -> list[bytes]:
        with self.sessions.begin() as session:
            return dead_letters.early_keys(session, since)

    def _redeliver(self, key: bytes, commit_context: CommitContext) -> int:
        dispatcher = Dispatcher(self.sessions, self.subscriptions)
        return redeliver(self.sessions, dispatcher, key, datetime.now(UTC), commit_context)
