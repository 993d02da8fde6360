"""What became of orders, from the order service's database: times, and the products made."""

import time
from collections.abc import Callable, Sequence

from sqlalchemy import Engine, text

from services.console.errors import CommandError
from shared.persistence.database import make_plain_engine
from tools.bench.orders import InstalledProduct

TIMEOUT_S = 120.0
PAUSE_S = 0.05

COMPLETED = "SELECT count(*) FROM order_progress WHERE state = 'completed'"
TIMES = """
    SELECT s.idempotency_key, extract(epoch FROM o.told_at)
    FROM submissions s JOIN outbox o ON o.key = s.order_id AND o.type = 'order.completed.v1'
    WHERE s.idempotency_key = ANY(:keys)
"""
PRODUCTS = """
    SELECT p.id, p.service_id, p.party_id, p.offering_id, p.status
    FROM submissions s JOIN products p ON p.order_id = s.order_id
    WHERE s.idempotency_key = ANY(:keys)
"""
PRESENT = """
    SELECT id, service_id, party_id, offering_id, status FROM products WHERE id = ANY(:ids)
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
            CommandError: none of them completed for 120 s.
        """
        end, before = 0.0, -1
        while (done := self.count()) < number:
            if done != before:
                end, before = time.monotonic() + TIMEOUT_S, done
            if time.monotonic() > end:
                msg = f"only {done} of {number} orders completed, and none for {TIMEOUT_S:.0f} s"
                raise CommandError(msg)
            tick()
            time.sleep(PAUSE_S)

    def times(self, keys: Sequence[str]) -> dict[str, float]:
        """Return when each of these orders completed (Unix time), by its Idempotency-Key.

        The time is the begin of the completing transaction.
        """
        with self._engine.connect() as connection:
            rows = connection.execute(text(TIMES), {"keys": list(keys)})
            return {key: float(at) for key, at in rows}

    def products_made_by(self, keys: Sequence[str]) -> list[InstalledProduct]:
        """Return the products that these orders have made."""
        with self._engine.connect() as connection:
            rows = connection.execute(text(PRODUCTS), {"keys": list(keys)})
            return [InstalledProduct(*row) for row in rows]

    def present(self, products: Sequence[InstalledProduct]) -> list[InstalledProduct]:
        """Return these products as they are now, in the same order."""
        ids = [each.id for each in products]
        with self._engine.connect() as connection:
            rows = connection.execute(text(PRESENT), {"ids": ids})
            found = {each.id: each for each in (InstalledProduct(*row) for row in rows)}
            return [found[id_] for id_ in ids]

    def close(self) -> None:
        """Close the connections to the database."""
        self._engine.dispose()
