"""The changes of numbers that a segment imported with another state causes."""

from collections.abc import Sequence
from typing import NamedTuple

from services.resources.domain.plant.plant import Segment
from services.resources.domain.pool.states import (
    IMPORT_TRANSITIONS,
    NUMBER_TRANSITIONS,
    ResourceState,
)


class RangeStateChange(NamedTuple):
    """The change of all numbers of a range that are in a state."""

    first: str
    last: str
    was: ResourceState
    became: ResourceState


def unheld_number_changes(
    rows: Sequence[Segment], known: Sequence[Segment]
) -> list[RangeStateChange]:
    """Return the changes of the unheld numbers of known segments to the imported state."""
    before = {each.id: each.state for each in known}
    return [
        RangeStateChange(each.first, each.last, was, became)
        for each in rows
        if before.get(each.id, each.state) is not each.state
        for was, became in NUMBER_TRANSITIONS[IMPORT_TRANSITIONS[each.state]].items()
    ]
