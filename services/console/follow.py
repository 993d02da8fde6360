"""An order as it happens: each moment of its journey once, and whom it waits for."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from services.console.client import Client
from services.console.journey import HEAD, JourneyEvent, event_row, journey_of, one_line
from services.console.output import Row, Styled, print_line, print_row

WORK_ORDERS = "/ops/v1/work-orders"
FALLOUT = "/ops/v1/fallout"
POST = 'curl -X POST -H "Authorization: Bearer $(./kaitong token ops)"'
WIDTHS = (8, 14, 56)
"""Of all columns but the last."""


class PendingAction(NamedTuple):
    """What an order waits for people to do."""

    key: str
    """What tells it from all others, however its words change."""

    text: str


@dataclass
class FollowState:
    """What an onlooker has been told of one order."""

    moments: Counter[JourneyEvent] = field(default_factory=Counter)
    begin: datetime | None = None
    actions: set[str] = field(default_factory=set)

    def new_rows(self, journey: Sequence[JourneyEvent]) -> Iterator[Row]:
        """Yield a row for each moment that is new, however late its service tells of it."""
        if journey and self.begin is None:
            self.begin = journey[0].at
            yield [Styled(name, "bold") for name in HEAD]
        # Counted, not just kept: two messages of one type may go out at the same instant.
        fresh = Counter(journey) - self.moments
        self.moments += fresh
        for moment in sorted(fresh.elements(), key=lambda each: each.at):
            assert self.begin
            yield event_row(moment, self.begin)

    def new_actions(self, asks: Sequence[PendingAction]) -> Iterator[Styled]:
        """Yield a line for each thing asked of people that was not told before."""
        for ask in asks:
            if ask.key not in self.actions:
                self.actions.add(ask.key)
                yield Styled(one_line(ask.text), "bold")


def print_changes(told: FollowState, operator: Client, order: dict[str, Any]) -> None:
    """Print what is new about an order."""
    # First whom it waits for, so that the journey, read later, has what led there.
    asks = [*pending_work_orders(operator, order), *pending_decisions(operator, order)]
    for moment in told.new_rows(journey_of(operator, order["id"])):
        print_row(moment, WIDTHS)
    for ask in told.new_actions(asks):
        print_line(ask)


def pending_work_orders(operator: Client, order: dict[str, Any]) -> Iterator[PendingAction]:
    """Yield what an order wants of crews, and how they answer."""
    url = operator.urls["provisioning"] + WORK_ORDERS
    for job in operator.get("provisioning", WORK_ORDERS, order_id=order["id"]):
        what = f"work order {job['id']} ({job['step']}, {job['job']})"
        call = f"{POST} {url}/{job['id']}/report"
        yield PendingAction(job["id"], f"waits for a crew: {what}; answer it: {call}")


def pending_decisions(operator: Client, order: dict[str, Any]) -> Iterator[PendingAction]:
    """Yield what people must decide before an order that is held goes on."""
    if order["state"] != "held":
        return
    path = f"{FALLOUT}/{order['id']}"
    url = operator.urls["provisioning"] + path
    for entry in operator.get("provisioning", path):
        if entry["state"] == "open":
            what = f"{entry['step']}, {entry['reason']} ({entry['code']})"
            call = f"POST {url}/{'|'.join(entry['actions'])} with a token of ops"
            body = f'{{"step": "{entry["step"]}"}}'
            words = f"waits for people: {what}; its fallout: GET {url}; decide it: {call}, {body}"
            # The same step may come to people again, after a retry.
            yield PendingAction(f"{entry['id']}/{entry['times']}", words)
