"""How full a pool is."""

from collections.abc import Mapping
from dataclasses import dataclass

from services.resources.domain.things import Kind


@dataclass(frozen=True, slots=True)
class Level:
    """One pool, and what is left of it."""

    kind: Kind
    name: str
    exchange_id: str
    capacity: int
    free: int


@dataclass(frozen=True, slots=True)
class Breakdown:
    """One pool, and how many of its things are in which state."""

    level: Level
    states: Mapping[str, int]
