"""Orders under way while processes are killed, and the crew that answers their work orders."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import cycle, islice
from typing import Any, NamedTuple, Self, TypeAlias
from uuid import UUID

import httpx
import psutil

from services.console.errors import CommandError
from tests.flows.exchange_area import ExchangeArea
from tests.flows.order_items import fibre, home_bundle, telephone
from tests.flows.site import WORK_ORDERS, Site
from tests.flows.two_pairs import sell_two_pairs, two_pairs
from tools.verify import PostedOrder

POST_INTERVAL_S = 0.05
PAUSE_S = 0.1
POLL_INTERVAL_S = 0.2
"""Between two queries of the crew for work orders: each query costs the service."""

POST_CONCURRENCY = 8
"""Orders that are posted at once, at most, where a few are enough."""

FIRST_POST_CONCURRENCY = 80
"""Orders that wait for their first answer at once: more than become due while one waits. A
service that does not know yet whether its database was restored refuses after two seconds."""

RETRY_CONCURRENCY = 16
"""Orders that are posted again at once, after a 503."""

CREW_CONCURRENCY = 4
"""Work orders that are answered at once."""

ITEMS = (fibre, telephone, home_bundle, two_pairs)
LEGS = 96
ORDERS_PER_AREA = LEGS * 4 // 2
"""Orders for which the plant of one area is enough: two of four need a leg."""


class AcceptedResponse(NamedTuple):
    """A response with 201."""

    order: Any
    content: bytes
    at: float
    """When it arrived, in seconds since 1970."""


class FirstPost(NamedTuple):
    """When an order of a steady traffic was posted first."""

    at: float
    """In seconds since 1970."""

    late_s: float
    """How long after it was due."""


@dataclass
class PostingRate:
    """The rate of posting orders; it may be changed while they are posted."""

    per_second: float


OrderFactory: TypeAlias = Callable[[], Any]
"""Returns an order that is due; None if there is none now."""


@dataclass
class Traffic:
    """Orders that are posted until each is answered with 201, whatever happens meanwhile."""

    site: Site
    places: list[ExchangeArea]
    posted: list[PostedOrder] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    """Answers that are neither 201 nor 503."""

    answers: list[AcceptedResponse] = field(default_factory=list)
    first_posts: list[FirstPost] = field(default_factory=list)
    """Of each order of a steady traffic."""

    cpu_percent: list[float] = field(default_factory=list)
    """How busy the machine was during each steady traffic, in percent."""

    over: threading.Event = field(default_factory=threading.Event)

    @classmethod
    def on(cls, site: Site, orders: int = 3 * ORDERS_PER_AREA, **more: Any) -> Self:
        """Prepare traffic with its own plant, enough for a number of orders."""
        count = -(-orders // ORDERS_PER_AREA)
        places = [site.exchange_area(legs=LEGS, numbers=200, pairs=300) for _ in range(count)]
        sell_two_pairs(site)
        return cls(site, places, **more)

    def orders(self, count: int) -> list[Any]:
        """Return this number of orders, of all products, all over the plant."""
        return list(islice(self.endless_orders(), count))

    def endless_orders(self) -> Iterator[Any]:
        """Yield orders of all products, all over the plant, without end."""
        for item, place in cycle([(item, place) for place in self.places for item in ITEMS]):
            yield self.site.order(item(place.served))

    def order_factories(self) -> Iterator[OrderFactory]:
        """Yield factories of one order after the other, without end."""
        yield from map(order_factory, self.endless_orders())

    def post(self, order: Any) -> None:
        """Post one order until it is answered."""
        while not self.over.is_set() and not self.is_answered(order):
            time.sleep(PAUSE_S)

    def is_answered(self, order: Any) -> bool:
        """Post one order; tell whether it was answered with anything but 503."""
        try:
            answer = self.site.post(order, key=f"chaos-{order['externalId']}")
        except CommandError:
            return False
        if answer.status_code == 201:
            self.posted.append(PostedOrder(UUID(answer.json()["id"]), order["externalId"]))
            self.answers.append(AcceptedResponse(order, answer.content, time.time()))
        elif answer.status_code != 503 and not self.is_race(answer):
            self.refused.append(answer.text)
        return answer.status_code != 503

    def is_race(self, answer: httpx.Response) -> bool:  # noqa: ARG002  of traffic with changes
        """Tell whether an order was refused because another one of its product came first."""
        return False

    def changed_answers(self) -> list[str]:
        """Post every order once more; return those that are not answered as the first time."""
        with ThreadPoolExecutor(POST_CONCURRENCY, "crm") as pool:
            same = pool.map(self.is_answered_again, self.answers)
            return [
                each.order["externalId"]
                for each, is_same in zip(self.answers, same, strict=True)
                if not is_same
            ]

    def is_answered_again(self, first: AcceptedResponse) -> bool:
        """Post an order once more; tell whether it is answered as the first time."""
        key = f"chaos-{first.order['externalId']}"
        return self.site.post(first.order, key=key).content == first.content

    def answer_work_orders(self) -> None:
        """Answer work orders as they come, until the traffic is over."""
        ops = self.site.client("ops")
        with ThreadPoolExecutor(CREW_CONCURRENCY, "worker") as pool:
            while not self.over.wait(POLL_INTERVAL_S):
                try:
                    list(pool.map(self.answer, ops.get("provisioning", WORK_ORDERS, limit=100)))
                except CommandError:
                    time.sleep(PAUSE_S)

    def answer(self, work_order: Any) -> None:
        """Report a work order done."""
        self.site.client("ops").post("provisioning", f"{WORK_ORDERS}/{work_order['id']}/report", {})

    @contextmanager
    def crew(self) -> Iterator[None]:
        """Answer work orders until the block ends."""
        with ThreadPoolExecutor(1, "crew") as pool:
            done = pool.submit(self.answer_work_orders)
            try:
                yield
            finally:
                self.over.set()
                done.result()

    @contextmanager
    def posting(self, count: int) -> Iterator[None]:
        """Post orders at a steady rate while the block runs; return when all are answered."""
        with ThreadPoolExecutor(POST_CONCURRENCY, "crm") as pool:
            under_way = []
            begun = threading.Event()

            def feed() -> None:
                for number, order in enumerate(self.orders(count)):
                    under_way.append(pool.submit(self.post, order))
                    if number == count // 3:
                        begun.set()
                    time.sleep(POST_INTERVAL_S)
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
    def posting_at_rate(self, per_second: float) -> Iterator[PostingRate]:
        """Post orders evenly until the block ends; return when all are answered.

        Each is posted when it is due. An order that was refused is posted again by other threads,
        and so delays no later order.
        """
        pace, over, under_way = PostingRate(per_second), threading.Event(), list[Future[None]]()
        with (
            ThreadPoolExecutor(RETRY_CONCURRENCY, "again") as again,
            ThreadPoolExecutor(FIRST_POST_CONCURRENCY, "crm") as crm,
        ):

            def post(due: float, make: OrderFactory) -> None:
                if (order := make()) is None:
                    return
                self.first_posts.append(FirstPost(time.time(), time.monotonic() - due))
                if not self.is_answered(order):
                    under_way.append(again.submit(self.post, order))

            def feed() -> None:
                due = time.monotonic()
                for make in self.order_factories():
                    if over.wait(max(0.0, due - time.monotonic())):
                        return
                    under_way.append(crm.submit(post, due, make))
                    due += 1 / pace.per_second

            feeding = threading.Thread(target=feed, name="feed")
            feeding.start()
            psutil.cpu_percent()  # the next call measures from this one on
            try:
                yield pace
            finally:
                self.cpu_percent.append(psutil.cpu_percent())
                over.set()
                feeding.join()
        for each in under_way:
            each.result()


def order_factory(order: Any) -> OrderFactory:
    """Return a factory that returns this order."""
    return lambda: order
