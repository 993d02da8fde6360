"""The levels of pools."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PoolLevel:
    """One pool, and how much of it is free."""

    kind: str
    name: str
    exchange_id: str
    capacity: int
    free: int


@dataclass(frozen=True, slots=True)
class PoolBreakdown:
    """One pool, with the number of its resources in each state."""

    level: PoolLevel
    states: Mapping[str, int]
