"""Patience: trouble that goes away by itself is waited out, for as long as it takes."""

import asyncio
from collections.abc import Callable
from random import uniform
from typing import TypeVar

import structlog

from shared import metrics
from shared.dispatch import Dispatch
from shared.relay import Relay
from shared.work import PASSING

T = TypeVar("T")
log = structlog.get_logger()

FIRST_PAUSE = 0.05
LONGEST_PAUSE = 30.0
"""Seconds between two tries."""

ALERT_AFTER = 60.0
"""Seconds; from then on somebody should look."""


async def patiently(relay: Relay, transact: Callable[[Dispatch], T]) -> T:
    """Run `transact` in its turn of the writing thread, again and again until it is done.

    Between two tries others have their turn.
    """
    loop = asyncio.get_running_loop()
    began, pause = loop.time(), FIRST_PAUSE
    while True:
        try:
            result = await relay.commit(transact)
        except PASSING as trouble:
            waited = loop.time() - began
            tell = log.error if waited > ALERT_AFTER else log.warning
            tell(
                "database.waited_for",
                seconds=round(waited, 1),
                trouble=str(trouble),
            )
            metrics.WAITING.set(waited)
            await asyncio.sleep(pause * uniform(0.7, 1.3))  # noqa: S311  jitter, no secret
            pause = min(LONGEST_PAUSE, 2 * pause)
        else:
            metrics.WAITING.set(0)
            return result
