"""Redelivery: what came too early is tried again by itself, for a bounded time."""

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial

from shared.messaging import dead_letters
from shared.messaging.after_commit import AfterCommit
from shared.messaging.dead_letters import EARLY_RETRY_PERIOD
from shared.messaging.dispatcher import Dispatcher, Subscriptions
from shared.messaging.publisher import Publisher
from shared.messaging.redelivery import redeliver
from shared.messaging.retry import retry_while_unavailable
from shared.persistence.database import Sessions

EARLIEST = datetime.min.replace(tzinfo=UTC)

FIRST_PAUSE = timedelta(milliseconds=100)
LONGEST_PAUSE = timedelta(seconds=5)
MAX_IDLE = timedelta(seconds=30)
"""The longest rest: another process may have parked a message, and ended."""


@dataclass(slots=True)
class AutomaticRedelivery:
    """Tries early messages of one service again."""

    sessions: Sessions
    publisher: Publisher
    subscriptions: Subscriptions
    _wake: asyncio.Event = field(default_factory=asyncio.Event)

    def wake(self) -> None:
        """Look at once: something was parked."""
        self._wake.set()

    async def run(self) -> None:
        """Try what is early, for ever: soon at first, then less and less often."""
        pause = FIRST_PAUSE
        while True:
            self._wake.clear()
            tried = await self.redeliver_once(datetime.now(UTC) - EARLY_RETRY_PERIOD)
            pause = min(LONGEST_PAUSE, 2 * pause) if tried else FIRST_PAUSE
            await self._rest(pause if tried else MAX_IDLE)

    async def redeliver_once(self, since: datetime = EARLIEST) -> dict[bytes, int]:
        """Try once what is early, and came since then; return how much was handled, by key."""
        keys = await retry_while_unavailable(self.publisher, partial(self._early_keys, since))
        return {
            key: await retry_while_unavailable(self.publisher, partial(self._redeliver, key))
            for key in keys
        }

    async def _rest(self, pause: timedelta) -> None:
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
