"""What an import came to: which rows were new, which differ from before, which do not."""

from collections.abc import Iterable
from typing import NamedTuple, TypeAlias

from services.resources.domain.plant import Address, Exchange, Segment, Splitter

Row: TypeAlias = Exchange | Segment | Splitter | Address


class Tally(NamedTuple):
    """How many rows were made, changed or left as they were, and what they made."""

    made: int = 0
    changed: int = 0
    unchanged: int = 0
    things: int = 0
    """Numbers or pool items that did not exist before."""


def tally(rows: Iterable[Row], known: Iterable[Row], things: int = 0) -> Tally:
    """Count the rows beside those that were known before under the same ids."""
    before = {each.id: each for each in known}
    rows = list(rows)
    made = sum(each.id not in before for each in rows)
    unchanged = sum(before.get(each.id) == each for each in rows)
    return Tally(made, len(rows) - made - unchanged, unchanged, things)


def tally_blocks(counts: Iterable[tuple[int, int]], things: int) -> Tally:
    """Count blocks of things by how many each has, and how many of these are new."""
    blocks = list(counts)
    unchanged = sum(new == 0 for _, new in blocks)
    made = sum(new == size > 0 for size, new in blocks)
    return Tally(made, len(blocks) - made - unchanged, unchanged, things)
