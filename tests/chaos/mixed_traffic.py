"""Orders of every course: completed, disconnected, rejected, failed, in fallout."""

import random
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import count
from typing import Any

from services.console.errors import CommandError
from tests.chaos.traffic import LEGS, OrderFactory, Traffic, order_factory
from tests.flows.exchange_area import ExchangeArea
from tests.flows.order_items import disconnection, fibre, telephone
from tests.flows.site import WORK_ORDERS

NO_SIGNAL_FAULT = {
    "fault": "refuse",
    "kind": "test-line",
    "code": "no-optical-signal",
    "detail": "dark",
}
WORK_ORDERS_PER_RETURN = 8
"""One in this many work orders is returned once."""

FALLOUT_PER_DECISION = 2
"""Operators fail one in this many orders in fallout; the others stay there."""

FALLOUT = "/ops/v1/fallout"
CUSTOMERS_BEFORE_DISCONNECT = 60
"""This many customers have ordered before one disconnects."""

DECISION_INTERVAL_S = 0.5


class ExpectedCourse(StrEnum):
    """The expected course of an order."""

    COMPLETED = "completed"
    DISCONNECTS = "disconnects"
    """It completes, and disconnects the products of another."""

    REJECTED = "rejected"
    """Nothing serves its address."""

    FAILED = "failed"
    """Its splitter is full."""

    HELD = "held"
    """An element refuses: it stays in fallout, or an operator fails it."""


SHARES = {
    ExpectedCourse.COMPLETED: 10,
    ExpectedCourse.DISCONNECTS: 3,
    ExpectedCourse.REJECTED: 1,
    ExpectedCourse.FAILED: 1,
    ExpectedCourse.HELD: 1,
}


@dataclass
class MixedTraffic(Traffic):
    """Traffic with a share of orders for each course; a seed gives the same orders in every run."""

    seed: str = ""
    posts: Counter[ExpectedCourse] = field(default_factory=Counter)
    """How many orders of each course were posted."""

    _full: ExchangeArea = field(init=False)
    _dark: ExchangeArea = field(init=False)
    _chance: random.Random = field(init=False)
    _served: deque[str] = field(default_factory=deque)
    """Customers that have ordered and not disconnected yet."""

    _work_orders: Iterator[int] = field(default_factory=count)
    _decided: dict[str, bool] = field(default_factory=dict)
    """By order in fallout: whether an operator fails it."""

    def __post_init__(self) -> None:
        """Build the areas in which orders do not complete."""
        self._chance = random.Random(self.seed)  # noqa: S311  the same orders in every run
        self._full = self.site.exchange_area(legs=1, numbers=100)
        self._dark = self.site.exchange_area(legs=LEGS)

    def order_factories(self) -> Iterator[OrderFactory]:
        """Yield factories of orders of all courses, without end."""
        plain = self.endless_orders()
        while True:
            (course,) = self._chance.choices(list(SHARES), list(SHARES.values()))
            if (
                course is ExpectedCourse.DISCONNECTS
                and len(self._served) < CUSTOMERS_BEFORE_DISCONNECT
            ):
                course = ExpectedCourse.COMPLETED
            self.posts[course] += course is not ExpectedCourse.DISCONNECTS
            yield self._factory_of(course, plain)

    def _factory_of(self, course: ExpectedCourse, plain: Iterator[Any]) -> OrderFactory:
        if course is ExpectedCourse.DISCONNECTS:
            return self.next_disconnect_order
        order = self._order_of(course, plain)
        if course is ExpectedCourse.COMPLETED:
            self._served.append(order["relatedParty"][0]["id"])
        return order_factory(order)

    def _order_of(self, course: ExpectedCourse, plain: Iterator[Any]) -> Any:
        full, dark = self._full, self._dark
        match course:
            case ExpectedCourse.REJECTED:
                return self.site.order(fibre(full.unserved))
            case ExpectedCourse.FAILED:
                return self.site.order(fibre(full.served), telephone(full.served, id_="2"))
            case ExpectedCourse.HELD:
                return self.site.order(fibre(dark.served))
            case _:
                return next(plain)

    def next_disconnect_order(self) -> Any:
        """Return an order that disconnects the products of the customer that ordered first.

        None if it has no products yet; it then moves to the end of the queue.
        """
        customer = self._served.popleft()
        if products := self.products_of(customer):
            return self.disconnect_order(customer, products)
        self._served.append(customer)
        return None

    def disconnect_order(self, customer: str, products: Sequence[Any]) -> Any:
        """Return an order that disconnects a customer's products."""
        self.posts[ExpectedCourse.DISCONNECTS] += 1
        items = [
            disconnection(each["id"], id_=str(place)) for place, each in enumerate(products, 1)
        ]
        return self.site.order(*items, customer=customer)

    def products_of(self, customer: str) -> list[Any]:
        """Return a customer's products; none while the service is out."""
        try:
            return self.site.products(customer)
        except CommandError:
            return []

    def answer(self, work_order: Any) -> None:
        """Complete a work order; return a few the first time."""
        if work_order["round"] == 1 and next(self._work_orders) % WORK_ORDERS_PER_RETURN == 0:
            path = f"{WORK_ORDERS}/{work_order['id']}/return"
            self.site.client("ops").post("provisioning", path, {"reason": "nobody at home"})
        else:
            super().answer(work_order)

    def decide(self) -> None:
        """Fail every second order in fallout, until the traffic is over."""
        ops = self.site.client("ops")
        while not self.over.wait(DECISION_INTERVAL_S):
            with suppress(CommandError):  # the service is out, or does this already
                for each in ops.get("provisioning", FALLOUT, limit=100):
                    self._decide(each["order_id"])

    def _decide(self, order_id: str) -> None:
        is_failed = len(self._decided) % FALLOUT_PER_DECISION == 0
        if self._decided.setdefault(order_id, is_failed):
            with suppress(CommandError):
                self.site.decide(order_id, "fail", reason="the customer moved away")

    @contextmanager
    def crew(self) -> Iterator[None]:
        """Handle work orders and fallout, and make an element refuse, until the block ends."""
        with ExitStack() as under_way:
            pool = under_way.enter_context(ThreadPoolExecutor(1, "fallout"))
            under_way.enter_context(self.site.faults(self._dark.olt, NO_SIGNAL_FAULT))
            under_way.enter_context(super().crew())
            done = pool.submit(self.decide)
            yield
        done.result()
