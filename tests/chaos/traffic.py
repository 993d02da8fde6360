"""Orders under way while processes are killed, and the people who answer them."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import cycle, islice
from typing import Any
from uuid import UUID

from services.console.exits import CommandError
from services.console.invariants import Posted
from tests.flows.items import fibre, home_bundle, telephone
from tests.flows.site import WORK_ORDERS, Place, Site

PACE_S = 0.05
PAUSE_S = 0.1
ITEMS = (fibre, telephone, home_bundle)


@dataclass
class Traffic:
    """Orders that are posted until each is answered with 201, whatever happens meanwhile."""

    site: Site
    places: list[Place]
    posted: list[Posted] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    """Answers that are neither a yes nor an outage of our own."""

    answers: list[tuple[Any, bytes]] = field(default_factory=list)
    """What was posted, and what it was answered with."""

    over: threading.Event = field(default_factory=threading.Event)

    @classmethod
    def on(cls, site: Site) -> "Traffic":
        """Prepare traffic with plant of its own."""
        return cls(site, [site.place(legs=96, numbers=200, pairs=100) for _ in range(3)])

    def orders(self, count: int) -> list[Any]:
        """Return so many orders, of all products, all over the plant."""
        ways = cycle([(item, place) for place in self.places for item in ITEMS])
        return [self.site.order(item(place.served)) for item, place in islice(ways, count)]

    def post(self, order: Any) -> None:
        """Post one order until it is answered."""
        key = f"chaos-{order['externalId']}"
        while not self.over.is_set():
            try:
                answer = self.site.post(order, key=key)
            except CommandError:
                time.sleep(PAUSE_S)
                continue
            if answer.status_code == 201:
                self.posted.append(Posted(UUID(answer.json()["id"]), order["externalId"]))
                self.answers.append((order, answer.content))
                return
            if answer.status_code != 503:
                self.refused.append(answer.text)
                return
            time.sleep(PAUSE_S)

    def answered_otherwise(self) -> list[str]:
        """Post every order once more; return those that are not answered as the first time."""
        return [
            order["externalId"]
            for order, first in self.answers
            if self.site.post(order, key=f"chaos-{order['externalId']}").content != first
        ]

    def answer_work_orders(self) -> None:
        """Report work orders done as they come, until told to stop."""
        ops = self.site.client("ops")
        while not self.over.wait(PACE_S):
            try:
                for job in ops.get("provisioning", WORK_ORDERS, limit=100):
                    ops.post("provisioning", f"{WORK_ORDERS}/{job['id']}/report", {})
            except CommandError:
                time.sleep(PAUSE_S)

    @contextmanager
    def crew(self) -> Iterator[None]:
        """Have work orders answered until the block ends."""
        with ThreadPoolExecutor(1, "crew") as pool:
            done = pool.submit(self.answer_work_orders)
            try:
                yield
            finally:
                self.over.set()
                done.result()

    @contextmanager
    def flowing(self, count: int) -> Iterator[None]:
        """Post so many orders, evenly, while the block goes on; return when all are answered."""
        with ThreadPoolExecutor(8, "crm") as pool:
            under_way = []
            begun = threading.Event()

            def feed() -> None:
                for number, order in enumerate(self.orders(count)):
                    under_way.append(pool.submit(self.post, order))
                    if number == count // 3:
                        begun.set()
                    time.sleep(PACE_S)
                begun.set()

            feeding = threading.Thread(target=feed, name="feed")
            feeding.start()
            begun.wait()
            yield
            feeding.join()
            for each in under_way:
                each.result()
