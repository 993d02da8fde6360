"""An order's journey: each service's part of it, merged into one timeline."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.console.client import Client
from services.console.output import Row, Styled, print_table
from shared.input.timestamps import read_timestamp

SERVICES = ("order", "provisioning", "resources", "customer")
COLOURS = {"order": "cyan", "provisioning": "magenta", "resources": "yellow", "customer": "green"}


@dataclass(frozen=True, slots=True)
class JourneyEvent:
    """One thing that happened to an order."""

    at: datetime
    service: str
    kind: str
    what: str
    was: str
    became: str
    reason: str

    @classmethod
    def of(cls, step: dict[str, Any]) -> "JourneyEvent":
        """Read what a service answered."""
        at = read_timestamp(step["at"])
        words = (step[name] for name in ("service", "kind", "what", "was", "became", "reason"))
        return cls(at, *words)

    @property
    def text(self) -> str:
        """What happened, in a line."""
        if self.kind == "message":
            return f"told {self.what}"
        change = f"{self.was or 'new'} to {self.became}"
        return f"{self.kind} {self.what} {change}".replace("  ", " ")


def journey_of(client: Client, order_id: str) -> list[JourneyEvent]:
    """Return everything that is known of an order's way, by time."""
    path = f"/ops/v1/journeys/{order_id}"
    steps = [step for service in SERVICES for step in client.get(service, path)]
    return sorted((JourneyEvent.of(step) for step in steps), key=lambda moment: moment.at)


HEAD = ("ms", "service", "what happened", "reason")


def print_journey(moments: Sequence[JourneyEvent]) -> None:
    """Print a journey, times counted from its begin."""
    print_table(HEAD, [event_row(each, moments[0].at) for each in moments])


def event_row(moment: JourneyEvent, begin: datetime) -> Row:
    """Return one moment as a row, its time counted from the journey's begin."""
    after_ms = (moment.at - begin).total_seconds() * 1000
    service = Styled(moment.service, COLOURS[moment.service])
    return (f"{after_ms:.0f}", service, moment.text, one_line(moment.reason))


def one_line(words: str) -> str:
    """Return what somebody said in several lines as one."""
    return " ".join(words.split())
