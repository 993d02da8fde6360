"""Views of the results of imports."""

from typing import Self

from pydantic import ConfigDict

from services.resources.api.examples import imports as examples
from services.resources.domain.plant.import_counts import ImportCounts
from shared.http.views import BaseView


class ImportView(BaseView):
    """The result of an import."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.IMPORTED]})

    rows: int
    """How many were sent, and are stored."""

    made: int
    """Rows that are new."""

    changed: int
    """Rows that differ from the stored ones, or add to them."""

    unchanged: int
    """Rows that equal the stored ones."""

    things: int
    """Numbers or pool items that did not exist before."""

    @classmethod
    def of(cls, rows: int, counts: ImportCounts) -> Self:
        """Show the counts of an import of so many rows."""
        return cls(rows=rows, **counts._asdict())
