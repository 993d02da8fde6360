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

import httpx

from services.console.errors import CommandError
from tests.chaos.traffic import LEGS, OrderFactory, Traffic, order_factory
from tests.flows.exchange_area import ExchangeArea
from tests.flows.order_items import disconnection, fibre, modification, telephone
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
CUSTOMERS_WITH_CHANGES = 8
"""The products of so few customers are changed that changes follow each other closely."""

RACES = (
    "product-busy",
    "product-suspended",
    "nothing-changed",
    "suspended-already",
    "not-suspended",
)
"""Codes of refusals: another change of the product was open, or completed since it was read."""


class ExpectedCourse(StrEnum):
    """The expected course of an order."""

    COMPLETED = "completed"
    CHANGES = "changes"
    """It completes, and changes a product of another; such changes follow each other closely."""

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
    ExpectedCourse.CHANGES: 4,
    ExpectedCourse.DISCONNECTS: 3,
    ExpectedCourse.REJECTED: 1,
    ExpectedCourse.FAILED: 1,
    ExpectedCourse.HELD: 1,
}


ON_EXISTING_PRODUCTS = frozenset({ExpectedCourse.CHANGES, ExpectedCourse.DISCONNECTS})
CHANGEABLE = frozenset({"active", "suspended"})


def a_change(product: Any, chance: random.Random) -> Any:
    """Return an item that changes a product: it resumes it, suspends it, or changes a value."""
    id_ = product["id"]
    is_suspended = product["status"] == "suspended"
    if is_suspended or chance.random() < 1 / 2:
        action = "resume" if is_suspended else "suspend"
        return modification(id_, action) | {"suspensionReason": "request"}
    values = {each["name"]: each["value"] for each in product.get("productCharacteristic", ())}
    if "speedMbps" in values:
        speed = 1000 if values["speedMbps"] == 500 else 500
        return modification(id_, productOffering={"id": f"ftth-{speed}"})
    item = modification(id_)
    item["product"]["productCharacteristic"] = [
        {"name": "callerId", "value": not values.get("callerId", False)}
    ]
    return item


def is_changeable(product: Any) -> bool:
    """Tell whether a product is one whose changes are offered; members keep their offering."""
    is_line = product["productSpecification"]["id"] in {"ftth", "voice"}
    return is_line and product["status"] in CHANGEABLE and "productRelationship" not in product


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

    _changing: deque[str] = field(default_factory=deque)
    """The customers whose products are changed, and never disconnected."""

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
            if course is ExpectedCourse.CHANGES and len(self._changing) < CUSTOMERS_WITH_CHANGES:
                course = ExpectedCourse.COMPLETED
            self.posts[course] += course not in ON_EXISTING_PRODUCTS
            yield self._factory_of(course, plain)

    def _factory_of(self, course: ExpectedCourse, plain: Iterator[Any]) -> OrderFactory:
        if course is ExpectedCourse.DISCONNECTS:
            return self.next_disconnect_order
        if course is ExpectedCourse.CHANGES:
            return self.next_change_order
        order = self._order_of(course, plain)
        if course is ExpectedCourse.COMPLETED:
            is_first = len(self._changing) < CUSTOMERS_WITH_CHANGES
            customers = self._changing if is_first else self._served
            customers.append(order["relatedParty"][0]["id"])
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

    def is_race(self, answer: httpx.Response) -> bool:
        """Tell whether another change of the product was open, or completed since it was read."""
        return any(code in answer.text for code in RACES)

    def next_change_order(self) -> Any:
        """Return an order that changes a product of the next customer; None if there is none."""
        self._changing.rotate(1)
        customer = self._changing[0]
        products = [each for each in self.products_of(customer, "") if is_changeable(each)]
        if not products:
            return None
        self.posts[ExpectedCourse.CHANGES] += 1
        product = self._chance.choice(products)
        return self.site.order(a_change(product, self._chance), customer=customer)

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

    def products_of(self, customer: str, status: str = "active") -> list[Any]:
        """Return a customer's products; none while the service is out."""
        try:
            return self.site.products(customer, status)
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
