"""Follow an order: print each event of its journey once, and what it waits for."""

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
"""Column widths; the last column has none."""


class PendingAction(NamedTuple):
    """An action of a person that an order waits for."""

    key: str
    """Identifies the action, also when its text changes."""

    text: str


@dataclass
class FollowState:
    """The events and actions of one order that were printed already."""

    events: Counter[JourneyEvent] = field(default_factory=Counter)
    begin: datetime | None = None
    actions: set[str] = field(default_factory=set)

    def take_new_rows(self, journey: Sequence[JourneyEvent]) -> Iterator[Row]:
        """Yield a row for each new event, also for one that its service reports late."""
        if journey and self.begin is None:
            self.begin = journey[0].at
            yield [Styled(name, "bold") for name in HEAD]
        # Counted, because two messages of one type may be published at the same instant.
        fresh = Counter(journey) - self.events
        self.events += fresh
        for event in sorted(fresh.elements(), key=lambda each: each.at):
            assert self.begin
            yield event_row(event, self.begin)

    def take_new_action_lines(self, pending: Sequence[PendingAction]) -> Iterator[Styled]:
        """Yield a line for each pending action that was not printed before."""
        for action in pending:
            if action.key not in self.actions:
                self.actions.add(action.key)
                yield Styled(one_line(action.text), "bold")


def print_changes(state: FollowState, operator: Client, order: dict[str, Any]) -> None:
    """Print the new events and actions of an order."""
    # Actions are read first, so that the journey, read later, has the events that led to them.
    pending = [*pending_work_orders(operator, order), *pending_decisions(operator, order)]
    for row in state.take_new_rows(journey_of(operator, order["id"])):
        print_row(row, WIDTHS)
    for line in state.take_new_action_lines(pending):
        print_line(line)


def pending_work_orders(operator: Client, order: dict[str, Any]) -> Iterator[PendingAction]:
    """Yield the order's open work orders, each with the call that reports it."""
    url = operator.urls["provisioning"] + WORK_ORDERS
    for job in operator.get("provisioning", WORK_ORDERS, order_id=order["id"]):
        what = f"work order {job['id']} ({job['step']}, {job['job']})"
        call = f"{POST} {url}/{job['id']}/report"
        yield PendingAction(job["id"], f"waits for a crew: {what}; answer it: {call}")


def pending_decisions(operator: Client, order: dict[str, Any]) -> Iterator[PendingAction]:
    """Yield the open fallout entries of a held order, each with the calls that decide it."""
    if order["state"] != "held":
        return
    path = f"{FALLOUT}/{order['id']}"
    url = operator.urls["provisioning"] + path
    for entry in operator.get("provisioning", path):
        if entry["state"] == "open":
            what = f"{entry['step']}, {entry['reason']} ({entry['code']})"
            call = f"POST {url}/{'|'.join(entry['actions'])} with a token of ops"
            body = f'{{"step": "{entry["step"]}"}}'
            text = f"waits for people: {what}; its fallout: GET {url}; decide it: {call}, {body}"
            # The same step may be in fallout again after a retry.
            yield PendingAction(f"{entry['id']}/{entry['times']}", text)
