"""The rows of an import, as they were sent, and the refusal of faulty ones."""

from collections.abc import Sequence
from typing import Generic, NamedTuple

from services.resources.domain.plant.import_validation import IndexedRow
from services.resources.domain.plant.plant import RowT
from shared.errors import Fault, InvalidError

MAX_FAULTS = 100
"""The most faults reported one by one; further ones are counted."""


class ParsedRows(NamedTuple, Generic[RowT]):
    """The rows that were sent, and the faults in the schema of the others."""

    rows: list[IndexedRow[RowT]]
    faults: list[Fault]

    @property
    def bare_rows(self) -> list[RowT]:
        """The rows without their places."""
        return [each.row for each in self.rows]


def raise_faults(faults: Sequence[Fault]) -> None:
    """Refuse an import that has faults.

    Raises:
        InvalidError: with up to a hundred, in the order of their rows, and the number of others.
    """
    if faults:
        ordered = sorted(faults, key=row_index_of_fault)
        raise InvalidError(ordered[:MAX_FAULTS], omitted=len(faults[MAX_FAULTS:]))


def row_index_of_fault(fault: Fault) -> int:
    """Return the place of a fault's row."""
    return int(fault.field.split("/")[1])
