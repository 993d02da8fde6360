"""An order's journey: each service's part of it, merged into one timeline."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rich.markup import escape
from rich.table import Table

from services.console.client import Client
from shared.input.timestamps import read_timestamp

SERVICES = ("order", "provisioning", "resources", "customer")
COLOURS = {"order": "cyan", "provisioning": "magenta", "resources": "yellow", "customer": "green"}


@dataclass(frozen=True, slots=True)
class Moment:
    """One thing that happened to an order."""

    at: datetime
    service: str
    kind: str
    what: str
    was: str
    became: str
    reason: str

    @classmethod
    def of(cls, step: dict[str, Any]) -> "Moment":
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


def journey_of(client: Client, order_id: str) -> list[Moment]:
    """Return everything that is known of an order's way, by time."""
    path = f"/ops/v1/journeys/{order_id}"
    steps = [step for service in SERVICES for step in client.get(service, path)]
    return sorted((Moment.of(step) for step in steps), key=lambda moment: moment.at)


def timeline(moments: Sequence[Moment]) -> Table:
    """Draw a journey, times counted from its begin."""
    table = Table("ms", "service", "what happened", "reason", box=None, pad_edge=False)
    begin = moments[0].at if moments else None
    for moment in moments:
        assert begin
        after_ms = (moment.at - begin).total_seconds() * 1000
        service = f"[{COLOURS[moment.service]}]{moment.service}[/]"
        table.add_row(f"{after_ms:.0f}", service, *map(escape, (moment.text, moment.reason)))
    return table
