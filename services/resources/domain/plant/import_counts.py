"""The result of an import: how many rows are new, changed and unchanged."""

from collections.abc import Iterable
from typing import NamedTuple, TypeAlias

from services.resources.domain.plant.plant import Address, Exchange, Segment, Splitter

PlantRow: TypeAlias = Exchange | Segment | Splitter | Address


class ImportCounts(NamedTuple):
    """How many rows are new, changed or unchanged, and how many resources they created."""

    made: int = 0
    changed: int = 0
    unchanged: int = 0
    things: int = 0
    """Numbers or pool items that did not exist before."""


def count_rows(
    rows: Iterable[PlantRow], existing: Iterable[PlantRow], things: int = 0
) -> ImportCounts:
    """Count the rows against those that existed before under the same ids."""
    before = {each.id: each for each in existing}
    rows = list(rows)
    made = sum(each.id not in before for each in rows)
    unchanged = sum(before.get(each.id) == each for each in rows)
    return ImportCounts(made, len(rows) - made - unchanged, unchanged, things)


def count_blocks(counts: Iterable[tuple[int, int]], things: int) -> ImportCounts:
    """Count blocks by how many resources each has, and how many of these are new."""
    blocks = list(counts)
    unchanged = sum(new == 0 for _, new in blocks)
    made = sum(new == size > 0 for size, new in blocks)
    return ImportCounts(made, len(blocks) - made - unchanged, unchanged, things)
