"""How much of something waits, and for how long."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Backlog:
    """How many of something there are, and the age of the oldest in seconds."""

    count: int = 0
    oldest_s: float = 0.0
