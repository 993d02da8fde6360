"""Size and age of a backlog."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Backlog:
    """The number of waiting items, and the age of the oldest in seconds."""

    count: int = 0
    oldest_s: float = 0.0
