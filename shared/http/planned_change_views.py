"""Views of plans of publications."""

from collections.abc import Iterable
from typing import Any, Self

from pydantic import ConfigDict, Field

from shared.http.views import BaseView
from shared.planned_changes import PlannedChange, PlannedState

EXAMPLE: dict[str, Any] = {
    "entry": "offering/ftth-100/2",
    "state": "changed",
    "differences": [
        {"field": "/prices/ftth-100-monthly/amount_cents", "before": 6900, "after": 5900}
    ],
    "missing": [],
    "unknown_kinds": [],
    "fragments": [],
}


class DifferenceView(BaseView):
    """A field whose value differs; null where there is none."""

    field: str = Field(examples=["/prices/monthly/amount_cents"])
    before: Any = None
    after: Any = None


class PlannedChangeView(BaseView):
    """What the publication of one entry would change."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    entry: str
    """Kind, name and version."""

    state: PlannedState
    differences: tuple[DifferenceView, ...] = ()
    """Compared with the entry that there is, or with its newest version."""

    missing: tuple[str, ...] = ()
    """The blueprints that it needs and that are not published: `ftth/new`."""

    unknown_kinds: tuple[str, ...] = ()
    """The kinds of resources that it needs and that are not known (yet)."""

    fragments: tuple[str, ...] = ()
    """The fragments that it includes: `bar/1`."""

    @classmethod
    def of(cls, planned: PlannedChange) -> Self:
        """Show a planned change."""
        return cls(
            entry=planned.entry,
            state=planned.state,
            differences=tuple(DifferenceView(**each._asdict()) for each in planned.differences),
            missing=planned.missing,
            unknown_kinds=planned.unknown_kinds,
            fragments=planned.fragments,
        )


def planned_views(planned: Iterable[PlannedChange]) -> list[PlannedChangeView]:
    """Show the changes of a publication."""
    return [PlannedChangeView.of(each) for each in planned]
