"""Limits the request rate of each client."""

import math
import time
from collections.abc import Callable, Hashable

from shared.token_bucket import capacity, refilled, seconds_until_next

MAX_CLIENTS = 10_000


class TokenBuckets:
    """A token bucket for each client: one token a request, full after an idle second."""

    def __init__(self, per_second: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_second = per_second
        self._clock = clock
        self._buckets: dict[Hashable, tuple[float, float]] = {}

    def acquire(self, client: Hashable, client_per_second: int | None = None) -> int:
        """Take a token; return 0, or the seconds until the next one.

        `client_per_second` is this client's own rate, if it is lower than the common one.
        """
        per_second = min(self._per_second, client_per_second or self._per_second)
        now = self._clock()
        left, then = self._buckets.get(client, (capacity(per_second), now))
        left = refilled(left, per_second, now - then)
        if left < 1:
            self._buckets[client] = (left, now)
            return math.ceil(seconds_until_next(left, per_second))
        self._buckets[client] = (left - 1, now)
        if len(self._buckets) > MAX_CLIENTS:
            self._remove_full_buckets(now)
        return 0

    @property
    def client_count(self) -> int:
        """How many buckets are kept."""
        return len(self._buckets)

    def _remove_full_buckets(self, now: float) -> None:
        """Remove the buckets of clients without a request for a second: they are full."""
        self._buckets = {
            client: bucket for client, bucket in self._buckets.items() if now - bucket[1] < 1
        }
