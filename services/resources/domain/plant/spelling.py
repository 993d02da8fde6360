"""Spelling of plant names: names that differ in case or leading zeros only are the same.

`NJ-XW-SP001`, `nj-xw-sp001` and `NJ-XW-SP1` are one splitter; its name is that of its first
import. A PON port is written without leading zeros: `0/9/1`.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum

import msgspec

from services.resources.domain.plant.plant import (
    Address,
    Exchange,
    ImportedItem,
    ItemBlock,
    PairBlock,
    RowT,
    Segment,
    Splitter,
)
from shared.input.equipment_names import fold_name


class PlantNameKind(StrEnum):
    """The kind of plant that a name belongs to."""

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
    ImportedItem: {},
    ItemBlock: {},
}
"""The fields of a row that are plant names; the kind of an item decides what its pool is."""


def names_in(rows: Iterable[RowT]) -> dict[PlantNameKind, set[str]]:
    """Return the plant names in rows, by kind."""
    found: dict[PlantNameKind, set[str]] = {kind: set() for kind in PlantNameKind}
    for row in rows:
        for field, kind in NAME_FIELDS[type(row)].items():
            if name := getattr(row, field):
                found[kind].add(name)
    return found


class KnownPlantNames:
    """The known plant names, and the mapping of rows to them."""

    def __init__(self, known: Iterable[tuple[PlantNameKind, str]]) -> None:
        self._exact = set(known)
        self._names = {(kind, fold_name(name)): name for kind, name in sorted(self._exact)}

    def of(self, kind: PlantNameKind, name: str) -> str:
        """Return the known name; an unknown name becomes known as it is spelled here."""
        if (kind, name) in self._exact:
            return name
        return self._names.setdefault((kind, fold_name(name)), name)

    def with_known_names(self, row: RowT) -> RowT:
        """Return a row with the known names."""
        names = {
            field: (kind, getattr(row, field)) for field, kind in NAME_FIELDS[type(row)].items()
        }
        changes = {field: self.of(*each) for field, each in names.items() if each[1]}
        return msgspec.structs.replace(row, **changes)
