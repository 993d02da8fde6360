"""Network elements: how much each bears, and whether it is being worked on."""

from dataclasses import dataclass, replace
from datetime import datetime

from shared.calls.element_limits import Limit
from shared.contracts.message_parts import ElementName


@dataclass(frozen=True, slots=True)
class Element:
    """One network element that we call."""

    name: ElementName
    concurrency: int
    """Calls under way at a time, by all processes together."""

    per_second: float
    """Calls begun in a second, by all processes together; 0 for no limit."""

    in_maintenance: bool
    """Nothing is begun; what is wanted waits, and goes on afterwards."""

    reason: str
    """Why it is in maintenance."""

    changed_at: datetime
    changed_by: str

    @property
    def limit(self) -> Limit:
        """What the runner keeps to."""
        return Limit(self.concurrency, self.per_second, self.in_maintenance)


def default_element(name: ElementName, limit: Limit, by: str, now: datetime) -> Element:
    """Return an element of which nobody has said anything before."""
    return Element(
        name=name,
        concurrency=limit.concurrency,
        per_second=limit.per_second,
        in_maintenance=False,
        reason="",
        changed_at=now,
        changed_by=by,
    )


def with_limits(
    element: Element, concurrency: int, per_second: float, by: str, now: datetime
) -> Element:
    """Return an element that bears so much from now on."""
    return replace(
        element, concurrency=concurrency, per_second=per_second, changed_at=now, changed_by=by
    )


def put_in_maintenance(element: Element, reason: str, by: str, now: datetime) -> Element:
    """Return an element on which nothing is begun from now on."""
    return replace(element, in_maintenance=True, reason=reason, changed_at=now, changed_by=by)


def take_out_of_maintenance(element: Element, by: str, now: datetime) -> Element:
    """Return an element on which work goes on."""
    return replace(element, in_maintenance=False, reason="", changed_at=now, changed_by=by)
