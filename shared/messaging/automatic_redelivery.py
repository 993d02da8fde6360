"""Automatic redelivery: early messages are retried for a bounded time."""

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial

from shared.messaging import dead_letters
from shared.messaging.after_commit import AfterCommit
from shared.messaging.dead_letters import EARLY_RETRY_PERIOD
from shared.messaging.dispatcher import Dispatcher, Subscriptions
from shared.messaging.redelivery import redeliver
from shared.messaging.retry import retry_while_unavailable
from shared.messaging.writer import Writer
from shared.persistence.database import Sessions

EARLIEST = datetime.min.replace(tzinfo=UTC)

FIRST_PAUSE = timedelta(milliseconds=100)
LONGEST_PAUSE = timedelta(seconds=5)
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
        pause = FIRST_PAUSE
        while True:
            self._wake.clear()
            tried = await self.redeliver_once(datetime.now(UTC) - EARLY_RETRY_PERIOD)
            pause = min(LONGEST_PAUSE, 2 * pause) if tried else FIRST_PAUSE
            await self._wait(pause if tried else MAX_IDLE)

    async def redeliver_once(self, since: datetime = EARLIEST) -> dict[bytes, int]:
        """Redeliver once the early messages parked since then; return how many, by key."""
        keys = await retry_while_unavailable(self.writer, partial(self._early_keys, since))
        return {
            key: await retry_while_unavailable(self.writer, partial(self._redeliver, key))
            for key in keys
        }

    async def _wait(self, pause: timedelta) -> None:
        try:
            async with asyncio.timeout(pause.total_seconds()):
                await self._wake.wait()
        except TimeoutError:
            return
        await asyncio.sleep(FIRST_PAUSE.total_seconds())

    def _early_keys(self, since: datetime, _: AfterCommit) -> list[bytes]:
        with self.sessions() as session:
            return dead_letters.early_keys(session, since)

    def _redeliver(self, key: bytes, after_commit: AfterCommit) -> int:
        dispatcher = Dispatcher(self.sessions, self.subscriptions)
        return redeliver(self.sessions, dispatcher, key, datetime.now(UTC), after_commit)
