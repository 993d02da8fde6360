"""How often one client may ask."""

import math
import time
from collections.abc import Callable, Hashable

MOST_CLIENTS = 10_000


class Buckets:
    """A bucket of tokens for each client: full after a second's rest, one token a request."""

    def __init__(self, a_second: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._a_second = a_second
        self._clock = clock
        self._left: dict[Hashable, tuple[float, float]] = {}

    def take(self, client: Hashable, at_most: int | None = None) -> int:
        """Take a token; return 0, or the seconds after which there is one again.

        `at_most` is how many a second this client may take, if that is fewer than all may.
        """
        a_second = min(self._a_second, at_most or self._a_second)
        now = self._clock()
        left, then = self._left.get(client, (float(a_second), now))
        left = min(a_second, left + (now - then) * a_second)
        if left < 1:
            self._left[client] = (left, now)
            return math.ceil((1 - left) / a_second)
        self._left[client] = (left - 1, now)
        if len(self._left) > MOST_CLIENTS:
            self._forget(now)
        return 0

    @property
    def remembered(self) -> int:
        """How many clients' buckets are kept."""
        return len(self._left)

    def _forget(self, now: float) -> None:
        """Forget who has not asked for a second: their buckets are full again."""
        self._left = {name: it for name, it in self._left.items() if now - it[1] < 1}
