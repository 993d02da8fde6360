"""Views of network elements."""

from datetime import datetime
from typing import Self

from pydantic import ConfigDict

from services.provisioning.api.examples import elements as examples
from services.provisioning.domain.element import Element
from services.provisioning.store import elements as store
from shared.calls.element_limits import type_of
from shared.health.database_counts import ElementQueue
from shared.http.collection_paths import OPS_PATH
from shared.http.views import BaseView

ELEMENTS_PATH = f"{OPS_PATH}/elements"


class ElementView(BaseView):
    """One network element: its call limits and its queue."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.ELEMENT]})

    name: str
    type: str
    """The type that its name matches; the type's limits apply unless its own are set."""

    concurrency: int
    per_second: float
    in_maintenance: bool
    reason: str
    changed_at: datetime | None = None
    """Left out where nothing was set."""

    changed_by: str
    waiting: int = 0
    """Calls that wait for a slot."""

    oldest_waiting_s: float = 0.0
    in_service: int = 0
    """Calls that are leased: under way, or answered a moment ago."""

    @classmethod
    def of(cls, element: Element, queue: ElementQueue | None = None) -> Self:
        """Show an element whose limits are set."""
        shown = cls(
            name=element.name,
            type=type_of(store.TYPES, element.name).name,
            concurrency=element.concurrency,
            per_second=element.per_second,
            in_maintenance=element.in_maintenance,
            reason=element.reason,
            changed_at=element.changed_at,
            changed_by=element.changed_by,
        )
        return shown.with_queue(queue) if queue else shown

    @classmethod
    def of_unconfigured(cls, queue: ElementQueue) -> Self:
        """Show an element with the limits of its type."""
        limit = queue.limit
        shown = cls(
            name=queue.element,
            type=queue.type,
            concurrency=limit.concurrency,
            per_second=limit.per_second,
            in_maintenance=limit.in_maintenance,
            reason="",
            changed_by="",
        )
        return shown.with_queue(queue)

    @classmethod
    def of_listing(cls, found: store.ElementListing) -> Self:
        """Show an element of a list, configured or not."""
        return (
            cls.of(found.configured, found.queue)
            if found.configured
            else cls.of_unconfigured(found.queue)
        )

    def with_queue(self, queue: ElementQueue) -> Self:
        """Add the calls that wait, and those under way."""
        counts = {
            "waiting": queue.waiting.count,
            "oldest_waiting_s": round(queue.waiting.oldest_s, 3),
            "in_service": queue.in_flight,
        }
        return self.model_copy(update=counts)
