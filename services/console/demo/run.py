"""`kaitong demo`: start everything, load Jiangsu, post orders, check, and clean up."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from uuid import UUID

import httpx
import msgspec
import psutil
import typer

from deploy.jiangsu.province import Province, province
from deploy.local.existing import fetch_engines
from deploy.local.record import Record
from deploy.local.stack import SERVICES
from services.console.bench.usage import pss_mb
from services.console.client import Client, token_for
from services.console.demo import crew, crm, drawing, following, loading, outcome
from services.console.demo.home import keep_logs, own_home, running
from services.console.demo.ledger import Ledger, OverError
from services.console.demo.outcome import Outcome, Times
from services.console.demo.plan import Plan, plan
from services.console.demo.signals import stoppable
from services.console.exits import NO, USAGE, CommandError
from services.console.invariants import Posted, at_rest, check
from services.console.journey import journey_of
from services.console.orders import ORDERS
from services.console.output import Progress, counting
from services.console.own import refuse_existing_engines

STILL_S = 30.0
"""When nothing has happened for so long, nothing will."""

REST_S = 20.0
PAUSE_S = 0.1
NUMBERS_PER_ORDER = 40
"""The fewest: no exchange may run out of numbers, addresses or pairs."""

FEWEST_ADDRESSES, FEWEST_PAIRS = 600, 5_000
LOCKED = "port-locked"
"""Why some OLTs refuse."""


def run_demo(orders: int, numbers: int, *, keep: bool, json: Path | None) -> None:
    """Show what Kaitong does; end with 1 if anything was not as it must be.

    Args:
        orders: how many are posted.
        numbers: how many phone numbers the province has.
        keep: leave everything running.
        json: where the result is written to.

    Raises:
        CommandError: if it cannot run here; the text says what to do.
    """
    began = psutil.Process().create_time()
    if json and not json.absolute().parent.is_dir():
        remedy = "name a file in a folder that is there"
        msg = f"{json.parent} is no folder"
        raise CommandError(msg, USAGE, remedy=remedy)
    refuse_existing_engines()
    built = built_for(orders, numbers)
    fetch_engines(SERVICES)
    with stoppable(), own_home() as home, counting() as progress:
        starting = progress.add_task("engines and services started", total=1)
        with running(home, keep=keep) as stack:
            progress.update(starting, completed=1)
            show = Show(stack, home, built, plan(orders, built), began, time.time())
            result = show.run(progress)
            progress.stop()
            drawing.draw(result)
            show.draw_journey()
            if result.violations:
                keep_logs(home)
            drawing.where_next(outcome.to_show(show.ledger), keep=keep)
    if json:
        json.write_bytes(msgspec.json.format(msgspec.json.encode(result.as_json())))
    if result.violations:
        raise typer.Exit(NO)


def built_for(orders: int, numbers: int) -> Province:
    """Return a province with so many numbers, and all else in proportion.

    Raises:
        CommandError: if it is too small for so many orders.
    """
    if numbers < NUMBERS_PER_ORDER * orders:
        msg = f"{numbers} numbers are too few for {orders} orders"
        remedy = f"say --numbers {NUMBERS_PER_ORDER * orders}, or more"
        raise CommandError(msg, USAGE, remedy=remedy)
    return province(
        numbers, max(FEWEST_ADDRESSES, numbers * 3 // 100), max(FEWEST_PAIRS, numbers // 4)
    )


@dataclass
class Show:
    """One demonstration on a stack that runs."""

    stack: Record
    home: Path
    built: Province
    plan: Plan
    began: float
    """Unix time, as all times here."""

    ready: float
    loaded: float = 0.0
    """When the first city was there."""

    ledger: Ledger = field(init=False)

    def __post_init__(self) -> None:
        """Open the ledger."""
        self.ledger = Ledger(self.plan.posts)

    def client(self, role: str) -> Client:
        """Return access in a role."""
        return Client(self.stack.urls, token_for(role, at=self.home))

    def run(self, progress: Progress) -> Outcome:
        """Load, post, answer work orders and follow, all at the same time; then check.

        Raises:
            CommandError: if something does not answer.
        """
        self.order_faults()
        parts = (
            self.load,
            partial(crm.post_all, self.client("crm"), self.ledger),
            partial(crew.work, self.client("ops"), self.ledger),
            partial(following.follow, self.client("viewer"), self.ledger),
        )
        numbers = sum(segment.count for segment in self.built.segments)
        board = drawing.Board(progress, len(self.plan.posts), numbers)
        with ThreadPoolExecutor(len(parts), "show") as pool:
            for part in parts:
                pool.submit(self.ledger.guard, part)
            try:
                self.watch(board, numbers)
            finally:
                self.ledger.stop(OverError())
        board.draw(self.ledger)
        trouble = self.ledger.trouble
        if trouble and not isinstance(trouble, OverError):
            raise trouble
        return self.conclude(progress)

    def order_faults(self) -> None:
        """Have some OLTs drop their answers, and some refuse."""
        for exchanges, fault in (
            (self.plan.silent, {"fault": "drop", "kind": "add-profile"}),
            (self.plan.stubborn, {"fault": "refuse", "kind": "add-profile", "code": LOCKED}),
        ):
            for olt in {each.olt for each in self.built.splitters if each.exchange_id in exchanges}:
                url = f"{self.stack.urls['elements']}/elements/{olt}/faults"
                httpx.put(url, json={"faults": [fault]}).raise_for_status()

    def load(self) -> None:
        """Load the province, city after city."""
        client = self.client("ops")
        for city in loading.cities(self.built):
            self.ledger.check()
            loading.load(client, city)
            self.loaded = self.loaded or time.time()
            self.ledger.note_loaded(city.local_network, city.numbers)

    def watch(self, board: drawing.Board, numbers: int) -> None:
        """Draw until all is done, or nothing happens any more."""
        ledger, seen, since = self.ledger, (0, 0, 0), time.monotonic()
        while not (ledger.is_done and ledger.numbers == numbers) and not ledger.trouble:
            board.draw(ledger)
            if seen != (seen := (ledger.numbers, len(ledger.answers), len(ledger.ended))):
                since = time.monotonic()
            if time.monotonic() > since + STILL_S:
                return
            time.sleep(PAUSE_S)

    def conclude(self, progress: Progress) -> Outcome:
        """Check everything, and return what it all came to."""
        done = time.time()
        checking = progress.add_task("invariants checked", total=1)
        memory = sum(pss_mb({it.name: it.life.pid for it in self.stack.lines}).values())
        at_rest(self.stack, REST_S)
        findings = check(self.stack, list(self.posted()))
        progress.update(checking, completed=1)
        return Outcome(
            times=self.times(done),
            ends=outcome.ends_of(self.ledger),
            took_ms=outcome.took_ms(self.ledger),
            surprises=list(outcome.surprises(self.ledger)),
            findings=findings,
            pss_mb=memory,
        )

    def times(self, done: float) -> Times:
        """Return how long everything took."""
        first = outcome.first_completed_at(self.ledger)
        return Times(
            ready_s=self.ready - self.began,
            loaded_s=self.loaded - self.began,
            first_order_s=(first.timestamp() if first else done) - self.began,
            seconds=done - self.began,
        )

    def posted(self) -> Iterator[Posted]:
        """Yield every order that was answered with 201."""
        for planned in self.plan.posts:
            if order_id := outcome.order_of(planned, self.ledger):
                yield Posted(UUID(order_id), planned.external_id)

    def draw_journey(self) -> None:
        """Draw one order's way, from all services."""
        if order_id := outcome.to_show(self.ledger):
            viewer = self.client("viewer")
            order = viewer.get("order", f"{ORDERS}/{order_id}")
            held = viewer.get("resources", f"/ops/v1/holdings/{order_id}")["held"]
            drawing.draw_journey(order, held, journey_of(viewer, order_id))
