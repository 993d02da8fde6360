"""Orders under way while processes are killed, and the people who answer them."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import cycle, islice
from typing import Any, NamedTuple, Self
from uuid import UUID

from services.console.exits import CommandError
from services.console.invariants import Posted
from tests.flows.items import fibre, home_bundle, telephone
from tests.flows.place import Place
from tests.flows.site import WORK_ORDERS, Site

PACE_S = 0.05
PAUSE_S = 0.1
LOOKS_S = 0.2
"""Between two looks of the crew at what there is to do: each costs the service that they ask."""

CRMS = 8
"""So many orders are posted at once, at most."""

CREW = 4
"""So many work orders are answered at once."""

ITEMS = (fibre, telephone, home_bundle)
LEGS = 96
PER_PLACE = LEGS * 3 // 2
"""Orders that the plant of one place is enough for: two of three need a leg."""


class Answer(NamedTuple):
    """A 201."""

    order: Any
    content: bytes
    at: float
    """When it came, in seconds since 1970."""


@dataclass
class Traffic:
    """Orders that are posted until each is answered with 201, whatever happens meanwhile."""

    site: Site
    places: list[Place]
    posted: list[Posted] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    """Answers that are neither a yes nor an outage of our own."""

    answers: list[Answer] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    @classmethod
    def on(cls, site: Site, orders: int = 3 * PER_PLACE, **more: Any) -> Self:
        """Prepare traffic with plant of its own, enough for so many orders."""
        count = -(-orders // PER_PLACE)
        places = [site.place(legs=LEGS, numbers=200, pairs=100) for _ in range(count)]
        return cls(site, places, **more)

    def orders(self, count: int) -> list[Any]:
        """Return so many orders, of all products, all over the plant."""
        return list(islice(self.endless_orders(), count))

    def endless_orders(self) -> Iterator[Any]:
        """Yield orders of all products, all over the plant, without end."""
        for item, place in cycle([(item, place) for place in self.places for item in ITEMS]):
            yield self.site.order(item(place.served))

    def endless_posts(self) -> Iterator[Callable[[], None]]:
        """Yield what posts one order after the other, without end."""
        for order in self.endless_orders():
            yield partial(self.post, order)

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
                self.answers.append(Answer(order, answer.content, time.time()))
                return
            if answer.status_code != 503:
                self.refused.append(answer.text)
                return
            time.sleep(PAUSE_S)

    def answered_otherwise(self) -> list[str]:
        """Post every order once more; return those that are not answered as the first time."""
        with ThreadPoolExecutor(CRMS, "crm") as pool:
            same = pool.map(self.is_answered_again, self.answers)
            return [
                each.order["externalId"]
                for each, is_same in zip(self.answers, same, strict=True)
                if not is_same
            ]

    def is_answered_again(self, first: Answer) -> bool:
        """Post an order once more; tell whether it is answered as the first time."""
        key = f"chaos-{first.order['externalId']}"
        return self.site.post(first.order, key=key).content == first.content

    def answer_work_orders(self) -> None:
        """Answer work orders as they come, until told to stop."""
        ops = self.site.client("ops")
        with ThreadPoolExecutor(CREW, "worker") as pool:
            while not self.over.wait(LOOKS_S):
                try:
                    list(pool.map(self.answer, ops.get("provisioning", WORK_ORDERS, limit=100)))
                except CommandError:
                    time.sleep(PAUSE_S)

    def answer(self, job: Any) -> None:
        """Report a work order done."""
        self.site.client("ops").post("provisioning", f"{WORK_ORDERS}/{job['id']}/report", {})

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
        with ThreadPoolExecutor(CRMS, "crm") as pool:
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
            try:
                yield
            finally:
                feeding.join()
            for each in under_way:
                each.result()

    @contextmanager
    def steady(self, per_second: float) -> Iterator[None]:
        """Post orders evenly until the block ends; return when all are answered."""
        over, under_way = threading.Event(), list[Future[None]]()
        with ThreadPoolExecutor(CRMS, "crm") as pool:

            def feed() -> None:
                begin = time.monotonic()
                for number, post in enumerate(self.endless_posts()):
                    if over.wait(max(0.0, begin + number / per_second - time.monotonic())):
                        return
                    under_way.append(pool.submit(post))

            feeding = threading.Thread(target=feed, name="feed")
            feeding.start()
            try:
                yield
            finally:
                over.set()
                feeding.join()
        for each in under_way:
            each.result()
