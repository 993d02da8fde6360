"""The orders that are posted under faults come at the rate that is asked for."""

import threading
from dataclasses import dataclass, field
from itertools import count
from typing import Any, cast
from uuid import uuid4

import httpx

from tests.chaos.traffic import RETRY_CONCURRENCY, Traffic
from tests.flows.site import Site

FAST = 500.0
"""Orders a second."""

SOON_S = 20.0


@dataclass
class Refusing:
    """A system under test that answers every order with 503 until it is told to accept them."""

    seen: set[str] = field(default_factory=set)
    more: threading.Condition = field(default_factory=threading.Condition)
    is_recovered: bool = False

    def post(self, order: Any, *, key: str) -> httpx.Response:
        """Answer as the order service does."""
        del key
        with self.more:
            self.seen.add(order["externalId"])
            self.more.notify()
        return httpx.Response(201, json={"id": str(uuid4())}) if self.is_recovered else OUT


OUT = httpx.Response(503)


class Endless(Traffic):
    """Orders of no plant."""

    def endless_orders(self) -> Any:
        """Yield orders without end."""
        return ({"externalId": f"T-{number}"} for number in count(1))


def test_orders_that_are_refused_for_now_hold_back_none_that_is_due_later() -> None:
    site = Refusing()
    traffic = Endless(cast("Site", site), [])

    with traffic.posting_at_rate(FAST), site.more:
        came = site.more.wait_for(lambda: len(site.seen) > 10 * RETRY_CONCURRENCY, SOON_S)
        site.is_recovered = True

    assert came
    assert {each.external_id for each in traffic.posted} == site.seen
    assert len(traffic.posted) == len(traffic.first_posts) == len(site.seen)
