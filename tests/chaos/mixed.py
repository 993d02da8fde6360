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

from services.console.exits import CommandError
from tests.chaos.traffic import LEGS, Maker, Traffic, ready
from tests.flows.items import fibre, gone, telephone
from tests.flows.place import Place
from tests.flows.site import WORK_ORDERS

DARK = {"fault": "refuse", "kind": "test-line", "code": "no-optical-signal", "detail": "dark"}
RETURNED_OF = 8
"""Of so many work orders one comes back once."""

DECIDED_OF = 2
"""Of so many orders in fallout people give one up; the others wait for them."""

FALLOUT = "/ops/v1/fallout"
LATER = 60
"""So many customers have ordered before one gives up what it has."""

DECIDES_S = 0.5


class Course(StrEnum):
    """What becomes of an order."""

    COMPLETED = "completed"
    GIVES_UP = "gives up"
    """It completes, and takes away what another brought."""

    REJECTED = "rejected"
    """Nothing serves its address."""

    FAILED = "failed"
    """Its splitter is full."""

    HELD = "held"
    """An element refuses: it waits for people, or they give it up."""


SHARES = {
    Course.COMPLETED: 10,
    Course.GIVES_UP: 3,
    Course.REJECTED: 1,
    Course.FAILED: 1,
    Course.HELD: 1,
}


@dataclass
class MixedTraffic(Traffic):
    """Traffic in which a share of the orders takes each course, the same ones in every run."""

    seed: str = ""
    posts: Counter[Course] = field(default_factory=Counter)
    """How many orders of each course were posted."""

    _full: Place = field(init=False)
    _dark: Place = field(init=False)
    _chance: random.Random = field(init=False)
    _served: deque[str] = field(default_factory=deque)
    """Customers that have ordered and given nothing up yet."""

    _jobs: Iterator[int] = field(default_factory=count)
    _decided: dict[str, bool] = field(default_factory=dict)
    """By order in fallout, whether people give it up."""

    def __post_init__(self) -> None:
        """Build the places at which orders do not complete."""
        self._chance = random.Random(self.seed)  # noqa: S311  the same orders in every run
        self._full = self.site.place(legs=1, numbers=100)
        self._dark = self.site.place(legs=LEGS)

    def makers(self) -> Iterator[Maker]:
        """Yield what makes orders of all courses, without end."""
        plain = self.endless_orders()
        while True:
            (course,) = self._chance.choices(list(SHARES), list(SHARES.values()))
            if course is Course.GIVES_UP and len(self._served) < LATER:
                course = Course.COMPLETED
            self.posts[course] += course is not Course.GIVES_UP
            yield self._maker_of(course, plain)

    def _maker_of(self, course: Course, plain: Iterator[Any]) -> Maker:
        if course is Course.GIVES_UP:
            return self.giving_up_one
        order = self._order_of(course, plain)
        if course is Course.COMPLETED:
            self._served.append(order["relatedParty"][0]["id"])
        return ready(order)

    def _order_of(self, course: Course, plain: Iterator[Any]) -> Any:
        full, dark = self._full, self._dark
        match course:
            case Course.REJECTED:
                return self.site.order(fibre(full.unserved))
            case Course.FAILED:
                return self.site.order(fibre(full.served), telephone(full.served, id_="2"))
            case Course.HELD:
                return self.site.order(fibre(dark.served))
            case _:
                return next(plain)

    def giving_up_one(self) -> Any:
        """Return an order that gives up what the customer has that ordered first.

        If it has nothing yet, it waits, and there is no order.
        """
        customer = self._served.popleft()
        if products := self.products_of(customer):
            return self.giving_up(customer, products)
        self._served.append(customer)
        return None

    def giving_up(self, customer: str, products: Sequence[Any]) -> Any:
        """Return an order that gives up what a customer has."""
        self.posts[Course.GIVES_UP] += 1
        items = [gone(each["id"], id_=str(place)) for place, each in enumerate(products, 1)]
        return self.site.order(*items, customer=customer)

    def products_of(self, customer: str) -> list[Any]:
        """Return what a customer has; nothing while the service is out."""
        try:
            return self.site.products(customer)
        except CommandError:
            return []

    def answer(self, job: Any) -> None:
        """Answer a work order; a few come back the first time."""
        if job["round"] == 1 and next(self._jobs) % RETURNED_OF == 0:
            path = f"{WORK_ORDERS}/{job['id']}/return"
            self.site.client("ops").post("provisioning", path, {"reason": "nobody at home"})
        else:
            super().answer(job)

    def decide(self) -> None:
        """Give up every second order that waits for people, as they come, until told to stop."""
        ops = self.site.client("ops")
        while not self.over.wait(DECIDES_S):
            with suppress(CommandError):  # the service is out, or does this already
                for each in ops.get("provisioning", FALLOUT, limit=100):
                    self._decide(each["order_id"])

    def _decide(self, order_id: str) -> None:
        is_given_up = len(self._decided) % DECIDED_OF == 0
        if self._decided.setdefault(order_id, is_given_up):
            with suppress(CommandError):
                self.site.decide(order_id, "fail", reason="the customer moved away")

    @contextmanager
    def crew(self) -> Iterator[None]:
        """Have work orders and fallout answered, and an element refuse, until the block ends."""
        with ExitStack() as under_way:
            pool = under_way.enter_context(ThreadPoolExecutor(1, "fallout"))
            under_way.enter_context(self.site.faults(self._dark.olt, DARK))
            under_way.enter_context(super().crew())
            done = pool.submit(self.decide)
            yield
        done.result()
