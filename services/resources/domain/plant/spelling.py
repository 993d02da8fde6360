"""How the plant is spelled: one name for one thing, whatever its case and leading zeros.

`NJ-XW-SP001`, `nj-xw-sp001` and `NJ-XW-SP1` are one splitter, and it is called as it was
imported first. A PON port is written without leading zeros: `0/9/1`.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import TypeVar

import msgspec

from services.resources.domain.plant.plant import Address, Exchange, PairBlock, Segment, Splitter
from shared.input.equipment_names import fold_name

R = TypeVar("R", bound=Exchange | Segment | Splitter | Address | PairBlock)


class PlantNameKind(StrEnum):
    """What a name is the name of."""

    EXCHANGE = "exchange"
    SPLITTER = "splitter"
    OLT = "olt"


NAME_FIELDS: Mapping[type, Mapping[str, PlantNameKind]] = {
    Exchange: {"id": PlantNameKind.EXCHANGE},
    Segment: {"exchange_id": PlantNameKind.EXCHANGE},
    Splitter: {
        "id": PlantNameKind.SPLITTER,
        "exchange_id": PlantNameKind.EXCHANGE,
        "olt": PlantNameKind.OLT,
    },
    Address: {"exchange_id": PlantNameKind.EXCHANGE, "splitter_id": PlantNameKind.SPLITTER},
    PairBlock: {"exchange_id": PlantNameKind.EXCHANGE},
}
"""Which fields of a row name something of the plant."""


def names_in(rows: Iterable[R]) -> dict[PlantNameKind, set[str]]:
    """Return what rows name, by role."""
    found: dict[PlantNameKind, set[str]] = {role: set() for role in PlantNameKind}
    for row in rows:
        for field, role in NAME_FIELDS[type(row)].items():
            if name := getattr(row, field):
                found[role].add(name)
    return found


class Spelling:
    """The names that are known, to which rows are brought."""

    def __init__(self, known: Iterable[tuple[PlantNameKind, str]]) -> None:
        self._exact = set(known)
        self._names = {(role, fold_name(name)): name for role, name in sorted(self._exact)}

    def of(self, role: PlantNameKind, name: str) -> str:
        """Return how a thing is called; the first spelling stands if it is not known."""
        if (role, name) in self._exact:
            return name
        return self._names.setdefault((role, fold_name(name)), name)

    def apply(self, row: R) -> R:
        """Return a row that calls everything as it is called."""
        named = {
            field: (role, getattr(row, field)) for field, role in NAME_FIELDS[type(row)].items()
        }
        changes = {field: self.of(*each) for field, each in named.items() if each[1]}
        return msgspec.structs.replace(row, **changes)
