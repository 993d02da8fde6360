"""How often one client may ask."""

import math
import time
from collections.abc import Callable, Hashable

MAX_CLIENTS = 10_000


class TokenBuckets:
    """A bucket of tokens for each client: full after a second's rest, one token a request."""

    def __init__(self, per_second: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_second = per_second
        self._clock = clock
        self._left: dict[Hashable, tuple[float, float]] = {}

    def acquire(self, client: Hashable, client_per_second: int | None = None) -> int:
        """Take a token; return 0, or the seconds after which there is one again.

        `at_most` is how many a second this client may take, if that is fewer than all may.
        """
        per_second = min(self._per_second, client_per_second or self._per_second)
        now = self._clock()
        left, then = self._left.get(client, (float(per_second), now))
        left = min(per_second, left + (now - then) * per_second)
        if left < 1:
            self._left[client] = (left, now)
            return math.ceil((1 - left) / per_second)
        self._left[client] = (left - 1, now)
        if len(self._left) > MAX_CLIENTS:
            self._forget(now)
        return 0

    @property
    def client_count(self) -> int:
        """How many clients' buckets are kept."""
        return len(self._left)

    def _forget(self, now: float) -> None:
        """Forget who has not asked for a second: their buckets are full again."""
        self._left = {name: it for name, it in self._left.items() if now - it[1] < 1}
