"""Redelivery: what came too early is tried again by itself, for a bounded time."""

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial

from shared.messaging import dead_letters
from shared.messaging.after_commit import Dispatch
from shared.messaging.dead_letters import EARLY_FOR
from shared.messaging.dispatcher import Receiver, Subscriptions
from shared.messaging.publisher import Relay
from shared.messaging.redelivery import release
from shared.messaging.retry import patiently
from shared.persistence.database import Sessions

EVER = datetime.min.replace(tzinfo=UTC)

FIRST_PAUSE = timedelta(milliseconds=100)
LONGEST_PAUSE = timedelta(seconds=5)
LOOK_AGAIN = timedelta(seconds=30)
"""The longest rest: another process may have parked a message, and ended."""


@dataclass(slots=True)
class Redelivery:
    """Tries early messages of one service again."""

    sessions: Sessions
    relay: Relay
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
            tried = await self.once(datetime.now(UTC) - EARLY_FOR)
            pause = min(LONGEST_PAUSE, 2 * pause) if tried else FIRST_PAUSE
            await self._rest(pause if tried else LOOK_AGAIN)

    async def once(self, since: datetime = EVER) -> dict[bytes, int]:
        """Try once what is early, and came since then; return how much was handled, by key."""
        keys = await patiently(self.relay, partial(self._early_keys, since))
        return {key: await patiently(self.relay, partial(self._release, key)) for key in keys}

    async def _rest(self, pause: timedelta) -> None:
        try:
            async with asyncio.timeout(pause.total_seconds()):
                await self._wake.wait()
        except TimeoutError:
            return
        await asyncio.sleep(FIRST_PAUSE.total_seconds())

    def _early_keys(self, since: datetime, _: Dispatch) -> list[bytes]:
        with self.sessions() as session:
            return dead_letters.early_keys(session, since)

    def _release(self, key: bytes, dispatch: Dispatch) -> int:
        receiver = Receiver(self.sessions, self.subscriptions)
        return release(self.sessions, receiver, key, datetime.now(UTC), dispatch)
