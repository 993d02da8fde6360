"""How full a pool is."""

from collections.abc import Mapping
from dataclasses import dataclass

from services.resources.domain.pool.resource import ResourceKind


@dataclass(frozen=True, slots=True)
class PoolLevel:
    """One pool, and what is left of it."""

    kind: ResourceKind
    name: str
    exchange_id: str
    capacity: int
    free: int


@dataclass(frozen=True, slots=True)
class PoolBreakdown:
    """One pool, and how many of its things are in which state."""

    level: PoolLevel
    states: Mapping[str, int]
