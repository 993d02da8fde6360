"""Retry while unavailable: transient errors are retried without limit."""

import time
from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar

import structlog

from shared.backoff import Backoff
from shared.messaging.commit_context import CommitContext
from shared.messaging.unit_of_work import TRANSIENT
from shared.messaging.writer import Writer
from shared.observability import metrics
from shared.persistence.connection_errors import first_line

T = TypeVar("T")
log = structlog.get_logger()

FIRST_PAUSE, LONGEST_PAUSE = timedelta(milliseconds=50), timedelta(seconds=30)
"""Between two tries."""

JITTER = 0.3
"""So that transactions that failed together do not all retry at the same moment."""

ALERT_AFTER_S = 60.0
"""Seconds; longer waits are logged as errors."""


waiting_since: dict[object, float] = {}
"""When each waiting transaction began to wait for the database, on the monotonic clock."""


def longest_current_wait_s() -> float:
    """Return the longest current wait for the database, in seconds; 0 if there is none."""
    return time.monotonic() - min(waiting_since.values()) if waiting_since else 0.0


metrics.DATABASE_WAIT.set_function(longest_current_wait_s)


async def retry_while_unavailable(writer: Writer, transact: Callable[[CommitContext], T]) -> T:
    """Run `transact` in the writing thread; retry until it succeeds.

    Other transactions run between two tries. After a lost connection the database is used again
    once it is proven that it was not restored to an earlier state.
    """
    wait_id, backoff = object(), Backoff(FIRST_PAUSE, LONGEST_PAUSE, jitter=JITTER)
    try:
        while True:
            await writer.certainty.wait_until_proven()
            try:
                return await writer.commit(transact)
            except TRANSIENT as error:
                waiting_since.setdefault(wait_id, time.monotonic())
                _log_wait(error, time.monotonic() - waiting_since[wait_id])
            await backoff.sleep()
    finally:
        waiting_since.pop(wait_id, None)


def _log_wait(error: Exception, waited_s: float) -> None:
    write = log.error if waited_s > ALERT_AFTER_S else log.warning
    write("database.unavailable", seconds=round(waited_s, 1), reason=first_line(error))
