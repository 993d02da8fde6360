"""What an import came to: which rows were new, which differ from before, which do not."""

from collections.abc import Iterable
from typing import NamedTuple, TypeAlias

from services.resources.domain.plant.plant import Address, Exchange, Segment, Splitter

PlantRow: TypeAlias = Exchange | Segment | Splitter | Address


class ImportCounts(NamedTuple):
    """How many rows were made, changed or left as they were, and what they made."""

    made: int = 0
    changed: int = 0
    unchanged: int = 0
    things: int = 0
    """Numbers or pool items that did not exist before."""


def count_rows(
    rows: Iterable[PlantRow], known: Iterable[PlantRow], things: int = 0
) -> ImportCounts:
    """Count the rows beside those that were known before under the same ids."""
    before = {each.id: each for each in known}
    rows = list(rows)
    made = sum(each.id not in before for each in rows)
    unchanged = sum(before.get(each.id) == each for each in rows)
    return ImportCounts(made, len(rows) - made - unchanged, unchanged, things)


def count_blocks(counts: Iterable[tuple[int, int]], things: int) -> ImportCounts:
    """Count blocks of things by how many each has, and how many of these are new."""
    blocks = list(counts)
    unchanged = sum(new == 0 for _, new in blocks)
    made = sum(new == size > 0 for size, new in blocks)
    return ImportCounts(made, len(blocks) - made - unchanged, unchanged, things)
