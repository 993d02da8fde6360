"""Network elements: their call limits, and whether they are in maintenance."""

from dataclasses import dataclass, replace
from datetime import datetime

from shared.calls.element_limits import ElementLimits
from shared.contracts.message_parts import ElementName


@dataclass(frozen=True, slots=True)
class Element:
    """One network element that we call."""

    name: ElementName
    concurrency: int
    """Calls under way at a time, over all processes."""

    per_second: float
    """Calls started per second, over all processes; 0 for no limit."""

    in_maintenance: bool
    """No call is started; calls wait, and continue afterwards."""

    reason: str
    """Why it is in maintenance."""

    changed_at: datetime
    changed_by: str

    @property
    def limit(self) -> ElementLimits:
        """The limits that the call runner applies."""
        return ElementLimits(self.concurrency, self.per_second, self.in_maintenance)


def describe_element_state(element: Element) -> str:
    """Return the state of an element, as recorded in the history."""
    concurrency = f"{element.concurrency} at a time"
    rate = f", {element.per_second:g}/s" if element.per_second else ""
    return "in maintenance" if element.in_maintenance else f"{concurrency}{rate}"


def default_element(name: ElementName, limit: ElementLimits, by: str, now: datetime) -> Element:
    """Return a new element with the default limits, not in maintenance."""
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
    """Return an element with new call limits."""
    return replace(
        element, concurrency=concurrency, per_second=per_second, changed_at=now, changed_by=by
    )


def put_in_maintenance(element: Element, reason: str, by: str, now: datetime) -> Element:
    """Return an element in maintenance: no call is started on it."""
    return replace(element, in_maintenance=True, reason=reason, changed_at=now, changed_by=by)


def take_out_of_maintenance(element: Element, by: str, now: datetime) -> Element:
    """Return an element out of maintenance: its calls continue."""
    return replace(element, in_maintenance=False, reason="", changed_at=now, changed_by=by)
