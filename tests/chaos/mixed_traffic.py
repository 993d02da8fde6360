"""Orders of every course under way: completed, given up, rejected, failed, held for people."""

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
"""Of so many work orders one comes back once."""

FALLOUT_PER_DECISION = 2
"""Of so many orders in fallout people give one up; the others wait for them."""

FALLOUT = "/ops/v1/fallout"
CUSTOMERS_BEFORE_DISCONNECT = 60
"""So many customers have ordered before one gives up what it has."""

DECISION_INTERVAL_S = 0.5


class ExpectedCourse(StrEnum):
    """What becomes of an order."""

    COMPLETED = "completed"
    DISCONNECTS = "gives up"
    """It completes, and takes away what another brought."""

    REJECTED = "rejected"
    """Nothing serves its address."""

    FAILED = "failed"
    """Its splitter is full."""

    HELD = "held"
    """An element refuses: it waits for people, or they give it up."""


SHARES = {
    ExpectedCourse.COMPLETED: 10,
    ExpectedCourse.DISCONNECTS: 3,
    ExpectedCourse.REJECTED: 1,
    ExpectedCourse.FAILED: 1,
    ExpectedCourse.HELD: 1,
}


@dataclass
class MixedTraffic(Traffic):
    """Traffic in which a share of the orders takes each course, the same ones in every run."""

    seed: str = ""
    posts: Counter[ExpectedCourse] = field(default_factory=Counter)
    """How many orders of each course were posted."""

    _full: ExchangeArea = field(init=False)
    _dark: ExchangeArea = field(init=False)
    _chance: random.Random = field(init=False)
    _served: deque[str] = field(default_factory=deque)
    """Customers that have ordered and given nothing up yet."""

    _jobs: Iterator[int] = field(default_factory=count)
    _decided: dict[str, bool] = field(default_factory=dict)
    """By order in fallout, whether people give it up."""

    def __post_init__(self) -> None:
        """Build the places at which orders do not complete."""
        self._chance = random.Random(self.seed)  # noqa: S311  the same orders in every run
        self._full = self.site.exchange_area(legs=1, numbers=100)
        self._dark = self.site.exchange_area(legs=LEGS)

    def order_factories(self) -> Iterator[OrderFactory]:
        """Yield what makes orders of all courses, without end."""
        plain = self.endless_orders()
        while True:
            (course,) = self._chance.choices(list(SHARES), list(SHARES.values()))
            if (
                course is ExpectedCourse.DISCONNECTS
                and len(self._served) < CUSTOMERS_BEFORE_DISCONNECT
            ):
                course = ExpectedCourse.COMPLETED
            self.posts[course] += course is not ExpectedCourse.DISCONNECTS
            yield self._maker_of(course, plain)

    def _maker_of(self, course: ExpectedCourse, plain: Iterator[Any]) -> OrderFactory:
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
        """Return an order that gives up what the customer has that ordered first.

        If it has nothing yet, it waits, and there is no order.
        """
        customer = self._served.popleft()
        if products := self.products_of(customer):
            return self.disconnect_order(customer, products)
        self._served.append(customer)
        return None

    def disconnect_order(self, customer: str, products: Sequence[Any]) -> Any:
        """Return an order that gives up what a customer has."""
        self.posts[ExpectedCourse.DISCONNECTS] += 1
        items = [
            disconnection(each["id"], id_=str(place)) for place, each in enumerate(products, 1)
        ]
        return self.site.order(*items, customer=customer)

    def products_of(self, customer: str) -> list[Any]:
        """Return what a customer has; nothing while the service is out."""
        try:
            return self.site.products(customer)
        except CommandError:
            return []

    def answer(self, job: Any) -> None:
        """Answer a work order; a few come back the first time."""
        if job["round"] == 1 and next(self._jobs) % WORK_ORDERS_PER_RETURN == 0:
            path = f"{WORK_ORDERS}/{job['id']}/return"
            self.site.client("ops").post("provisioning", path, {"reason": "nobody at home"})
        else:
            super().answer(job)

    def decide(self) -> None:
        """Give up every second order that waits for people, as they come, until told to stop."""
        ops = self.site.client("ops")
        while not self.over.wait(DECISION_INTERVAL_S):
            with suppress(CommandError):  # the service is out, or does this already
                for each in ops.get("provisioning", FALLOUT, limit=100):
                    self._decide(each["order_id"])

    def _decide(self, order_id: str) -> None:
        is_given_up = len(self._decided) % FALLOUT_PER_DECISION == 0
        if self._decided.setdefault(order_id, is_given_up):
            with suppress(CommandError):
                self.site.decide(order_id, "fail", reason="the customer moved away")

    @contextmanager
    def crew(self) -> Iterator[None]:
        """Have work orders and fallout answered, and an element refuse, until the block ends."""
        with ExitStack() as under_way:
            pool = under_way.enter_context(ThreadPoolExecutor(1, "fallout"))
            under_way.enter_context(self.site.faults(self._dark.olt, NO_SIGNAL_FAULT))
            under_way.enter_context(super().crew())
            done = pool.submit(self.decide)
            yield
        done.result()
