"""Patience: trouble that goes away by itself is waited out, for as long as it takes."""

import asyncio
import time
from collections.abc import Callable
from random import uniform
from typing import TypeVar

import structlog

from shared.messaging.after_commit import AfterCommit
from shared.messaging.publisher import Publisher
from shared.messaging.unit_of_work import TRANSIENT
from shared.observability import metrics
from shared.persistence.connection_errors import first_line

T = TypeVar("T")
log = structlog.get_logger()

FIRST_PAUSE_S = 0.05
LONGEST_PAUSE_S = 30.0
"""Seconds between two tries."""

ALERT_AFTER_S = 60.0
"""Seconds; from then on somebody should look."""


waiting_since: dict[object, float] = {}
"""Since when each piece of work has waited for the database, on the monotonic clock."""


def longest_wait_s() -> float:
    """Return how long the database has been waited for, in seconds; 0 if nothing waits for it."""
    return time.monotonic() - min(waiting_since.values()) if waiting_since else 0.0


metrics.DATABASE_WAIT.set_function(longest_wait_s)


async def retry_while_unavailable(publisher: Publisher, transact: Callable[[AfterCommit], T]) -> T:
    """Run `transact` in its turn of the writing thread, again and again until it is done.

    Between two tries others have their turn. A database that was lost is used again once it is
    known that it has not been set back meanwhile.
    """
    mine, pause = object(), FIRST_PAUSE_S
    try:
        while True:
            await publisher.certainty.wait_until_proven()
            try:
                return await publisher.commit(transact)
            except TRANSIENT as trouble:
                waiting_since.setdefault(mine, time.monotonic())
                _log_wait(trouble, time.monotonic() - waiting_since[mine])
            await asyncio.sleep(pause * uniform(0.7, 1.3))  # noqa: S311  jitter, no secret
            pause = min(LONGEST_PAUSE_S, 2 * pause)
    finally:
        waiting_since.pop(mine, None)


def _log_wait(trouble: Exception, waited: float) -> None:
    tell = log.error if waited > ALERT_AFTER_S else log.warning
    tell("database.unavailable", seconds=round(waited, 1), trouble=first_line(trouble))
