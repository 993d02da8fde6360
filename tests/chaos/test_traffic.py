"""Orders under faults are posted at the requested rate."""

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
class RefusingSite:
    """A system under test that answers every order with 503 until it has recovered."""

    seen: set[str] = field(default_factory=set)
    changed: threading.Condition = field(default_factory=threading.Condition)
    is_recovered: bool = False

    def post(self, order: Any, *, key: str) -> httpx.Response:
        """Answer as the order service does."""
        del key
        with self.changed:
            self.seen.add(order["externalId"])
            self.changed.notify()
        return httpx.Response(201, json={"id": str(uuid4())}) if self.is_recovered else OUT


OUT = httpx.Response(503)


class Endless(Traffic):
    """Traffic without plant."""

    def endless_orders(self) -> Any:
        """Yield orders without end."""
        return ({"externalId": f"T-{number}"} for number in count(1))


def test_orders_that_are_refused_for_now_hold_back_none_that_is_due_later() -> None:
    site = RefusingSite()
    traffic = Endless(cast("Site", site), [])

    with traffic.posting_at_rate(FAST), site.changed:
        reached = site.changed.wait_for(lambda: len(site.seen) > 10 * RETRY_CONCURRENCY, SOON_S)
        site.is_recovered = True

    assert reached
    assert {each.external_id for each in traffic.posted} == site.seen
    assert len(traffic.posted) == len(traffic.first_posts) == len(site.seen)
