"""Exponential back-off: pauses between the tries of one operation, which grow up to a limit."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from random import uniform

MAX_EXPONENT = 256
"""Pauses reach their limit earlier; a larger power could exceed the range of a float."""


def grown_pause(
    first: timedelta, longest: timedelta, pauses: int, factor: float = 2.0
) -> timedelta:
    """Return the pause that follows after so many pauses, of which `first` was the first."""
    growth = factor ** min(pauses, MAX_EXPONENT)
    return first * growth if growth < longest / first else longest


def jittered(pause: timedelta, share: float) -> timedelta:
    """Return a pause that is at random up to this share longer or shorter."""
    return pause * uniform(1 - share, 1 + share)  # noqa: S311  no secret


@dataclass(slots=True)
class Backoff:
    """The pauses of one loop that retries."""

    first: timedelta
    longest: timedelta
    factor: float = 2.0
    jitter: float = 0.0
    """The share by which each pause is lengthened or shortened at random."""

    _pauses: int = 0
    """The number of pauses since the start, or the last reset."""

    @property
    def pause(self) -> timedelta:
        """The next pause, without jitter."""
        return grown_pause(self.first, self.longest, self._pauses, self.factor)

    def reset(self) -> None:
        """Begin again with the first pause: a try has succeeded."""
        self._pauses = 0

    def next_pause(self) -> timedelta:
        """Return how long to pause now; the pause after it is longer."""
        pause = jittered(self.pause, self.jitter) if self.jitter else self.pause
        self._pauses += 1
        return pause

    async def sleep(self) -> None:
        """Pause before the next try."""
        await asyncio.sleep(self.next_pause().total_seconds())
