"""Completion times of orders, from the order service's database."""

import time
from collections.abc import Callable

from sqlalchemy import Engine, text

from shared.persistence.database import make_plain_engine

TIMEOUT_S = 120.0
PAUSE_S = 0.05

OPEN = "SELECT count(*) FROM order_progress WHERE state NOT IN ('completed', 'failed', 'rejected')"
COMPLETED = "SELECT count(*) FROM order_progress WHERE state = 'completed'"
TIMES = """
    SELECT s.idempotency_key, extract(epoch FROM o.told_at)
    FROM submissions s JOIN outbox o ON o.key = s.order_id AND o.type = 'order.completed.v1'
    WHERE s.idempotency_key = ANY(:keys)
"""


class Completions:
    """Queries of the bench on the order service's database."""

    def __init__(self, url: str) -> None:
        self._engine: Engine = make_plain_engine(url, isolation_level="AUTOCOMMIT")

    def count(self) -> int:
        """Return how many orders have completed."""
        with self._engine.connect() as connection:
            return int(connection.scalars(text(COMPLETED)).one())

    def wait_for(self, number: int, tick: Callable[[], None] = lambda: None) -> None:
        """Wait until `number` orders have completed in all; call `tick` at each poll.

        Raises:
            TimeoutError: they did not complete within 120 s.
        """
        end = time.monotonic() + TIMEOUT_S
        while (done := self.count()) < number:
            if time.monotonic() > end:
                msg = f"only {done} of {number} orders completed in {TIMEOUT_S:.0f} s"
                raise TimeoutError(msg)
            tick()
            time.sleep(PAUSE_S)

    def times(self, keys: list[str]) -> dict[str, float]:
        """Return when each of these orders completed (Unix time), by its Idempotency-Key.

        The time is the begin of the completing transaction.
        """
        with self._engine.connect() as connection:
            rows = connection.execute(text(TIMES), {"keys": keys})
            return {key: float(at) for key, at in rows}

    def close(self) -> None:
        """Close the connections to the database."""
        self._engine.dispose()
