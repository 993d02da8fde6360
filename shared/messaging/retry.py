"""Patience: trouble that goes away by itself is waited out, for as long as it takes."""

import asyncio
import time
from collections.abc import Callable
from random import uniform
from typing import TypeVar

import structlog

from shared.messaging.after_commit import Dispatch
from shared.messaging.publisher import Relay
from shared.messaging.unit_of_work import PASSING
from shared.observability import metrics
from shared.persistence.connection_errors import first_line

T = TypeVar("T")
log = structlog.get_logger()

FIRST_PAUSE = 0.05
LONGEST_PAUSE = 30.0
"""Seconds between two tries."""

ALERT_AFTER = 60.0
"""Seconds; from then on somebody should look."""


waits: dict[object, float] = {}
"""Since when each piece of work has waited for the database, on the monotonic clock."""


def longest_wait() -> float:
    """Return how long the database has been waited for, in seconds; 0 if nothing waits for it."""
    return time.monotonic() - min(waits.values()) if waits else 0.0


metrics.WAITING.set_function(longest_wait)


async def patiently(relay: Relay, transact: Callable[[Dispatch], T]) -> T:
    """Run `transact` in its turn of the writing thread, again and again until it is done.

    Between two tries others have their turn. A database that was lost is used again once it is
    known that it has not been set back meanwhile.
    """
    mine, pause = object(), FIRST_PAUSE
    try:
        while True:
            await relay.certainty.proof()
            try:
                return await relay.commit(transact)
            except PASSING as trouble:
                waits.setdefault(mine, time.monotonic())
                _tell(trouble, time.monotonic() - waits[mine])
            await asyncio.sleep(pause * uniform(0.7, 1.3))  # noqa: S311  jitter, no secret
            pause = min(LONGEST_PAUSE, 2 * pause)
    finally:
        waits.pop(mine, None)


def _tell(trouble: Exception, waited: float) -> None:
    tell = log.error if waited > ALERT_AFTER else log.warning
    tell("database.waited_for", seconds=round(waited, 1), trouble=first_line(trouble))
