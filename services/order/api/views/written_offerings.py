"""Views of offerings that a request has created or changed (TMF620 v4)."""

from collections.abc import Sequence

from services.order.api.views.catalogue import WarningView, warning_view
from services.order.api.views.offerings import OfferingView
from shared.errors import Fault


class WrittenOfferingView(OfferingView):
    """An offering that a request has created or changed."""

    warnings: tuple[WarningView, ...] | None = None
    """Extension: what is missing for it, and should be fixed."""


def with_warnings(view: OfferingView, warnings: Sequence[Fault]) -> WrittenOfferingView:
    """Show an offering, and what is missing for it."""
    shown = tuple(map(warning_view, warnings)) or None
    return WrittenOfferingView(**dict(view), warnings=shown)
