"""How many calls a second each element is given: a bucket of tokens for each."""

import time
from collections.abc import Iterable
from dataclasses import dataclass

from shared.contracts.parts import ElementName


@dataclass(slots=True)
class Bucket:
    """Tokens that fill up with time, to one second's worth."""

    tokens: float
    filled_at: float


class Rates:
    """The buckets of all elements that have a rate."""

    def __init__(self) -> None:
        self._buckets: dict[ElementName, Bucket] = {}

    def left(self, element: ElementName, per_second: float) -> int:
        """Return how many calls may begin now."""
        now = time.monotonic()
        bucket = self._buckets.setdefault(element, Bucket(max(1.0, per_second), now))
        gained = (now - bucket.filled_at) * per_second
        bucket.tokens = min(max(1.0, per_second), bucket.tokens + gained)
        bucket.filled_at = now
        return int(bucket.tokens)

    def spend(self, elements: Iterable[ElementName]) -> None:
        """Take a token for each call that begins."""
        for element in elements:
            if bucket := self._buckets.get(element):
                bucket.tokens -= 1
