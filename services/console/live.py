"""An order as it happens: each moment of its journey once, and whom it waits for."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from services.console.client import Client
from services.console.journey import HEAD, Moment, journey_of, one_line, row_of
from services.console.output import Row, Styled, row, say

WORK_ORDERS = "/ops/v1/work-orders"
FALLOUT = "/ops/v1/fallout"
POST = 'curl -X POST -H "Authorization: Bearer $(./kaitong token ops)"'
WIDTHS = (8, 14, 56)
"""Of all columns but the last."""


class Ask(NamedTuple):
    """What an order waits for people to do."""

    which: str
    """What tells it from all others, however its words change."""

    words: str


@dataclass
class Told:
    """What an onlooker has been told of one order."""

    moments: Counter[Moment] = field(default_factory=Counter)
    begin: datetime | None = None
    asks: set[str] = field(default_factory=set)

    def news(self, journey: Sequence[Moment]) -> Iterator[Row]:
        """Yield a row for each moment that is new, however late its service tells of it."""
        if journey and self.begin is None:
            self.begin = journey[0].at
            yield [Styled(name, "bold") for name in HEAD]
        # Counted, not just kept: two messages of one type may go out at the same instant.
        fresh = Counter(journey) - self.moments
        self.moments += fresh
        for moment in sorted(fresh.elements(), key=lambda each: each.at):
            assert self.begin
            yield row_of(moment, self.begin)

    def once(self, asks: Sequence[Ask]) -> Iterator[Styled]:
        """Yield a line for each thing asked of people that was not told before."""
        for ask in asks:
            if ask.which not in self.asks:
                self.asks.add(ask.which)
                yield Styled(one_line(ask.words), "bold")


def tell(told: Told, operator: Client, order: dict[str, Any]) -> None:
    """Print what is new about an order."""
    # First whom it waits for, so that the journey, read later, has what led there.
    asks = [*crews(operator, order), *decisions(operator, order)]
    for moment in told.news(journey_of(operator, order["id"])):
        row(moment, WIDTHS)
    for ask in told.once(asks):
        say(ask)


def crews(operator: Client, order: dict[str, Any]) -> Iterator[Ask]:
    """Yield what an order wants of crews, and how they answer."""
    url = operator.urls["provisioning"] + WORK_ORDERS
    for job in operator.get("provisioning", WORK_ORDERS, order_id=order["id"]):
        what = f"work order {job['id']} ({job['step']}, {job['job']})"
        call = f"{POST} {url}/{job['id']}/report"
        yield Ask(job["id"], f"waits for a crew: {what}; answer it: {call}")


def decisions(operator: Client, order: dict[str, Any]) -> Iterator[Ask]:
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
            yield Ask(f"{entry['id']}/{entry['times']}", words)
