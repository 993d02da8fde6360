"""An order's journey: the events of all services, merged into one timeline."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from deploy.local.stack_record import SERVICES
from services.console.client import Client
from services.console.output import Row, Styled, print_table
from shared.input.timestamps import read_timestamp

COLOURS = {"order": "cyan", "provisioning": "magenta", "resources": "yellow", "customer": "green"}


@dataclass(frozen=True, slots=True)
class JourneyEvent:
    """One event of an order's journey."""

    at: datetime
    service: str
    kind: str
    what: str
    was: str
    became: str
    reason: str

    @classmethod
    def of(cls, step: dict[str, Any]) -> "JourneyEvent":
        """Read one event of a service's response."""
        at = read_timestamp(step["at"])
        texts = (step[name] for name in ("service", "kind", "what", "was", "became", "reason"))
        return cls(at, *texts)

    @property
    def text(self) -> str:
        """The event in one line."""
        if self.kind == "message":
            return f"published {self.what}"
        change = f"{self.was or 'new'} to {self.became}"
        return f"{self.kind} {self.what} {change}".replace("  ", " ")


def journey_of(client: Client, order_id: str) -> list[JourneyEvent]:
    """Return all events of an order, sorted by time."""
    path = f"/ops/v1/journeys/{order_id}"
    steps = [step for service in SERVICES for step in client.get(service, path)]
    return sorted((JourneyEvent.of(step) for step in steps), key=lambda event: event.at)


HEAD = ("ms", "service", "what happened", "reason")


def print_journey(events: Sequence[JourneyEvent]) -> None:
    """Print a journey; times are milliseconds since its first event."""
    print_table(HEAD, [event_row(each, events[0].at) for each in events])


def event_row(event: JourneyEvent, begin: datetime) -> Row:
    """Return an event as a row; its time is in milliseconds since the journey's begin."""
    after_ms = (event.at - begin).total_seconds() * 1000
    service = Styled(event.service, COLOURS[event.service])
    return (f"{after_ms:.0f}", service, event.text, one_line(event.reason))


def one_line(text: str) -> str:
    """Return a text of several lines as one line."""
    return " ".join(text.split())
