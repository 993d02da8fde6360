"""`kaitong demo`: start everything, load Jiangsu, post orders, check, and clean up."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from operator import attrgetter
from pathlib import Path
from uuid import UUID

import httpx
import msgspec
import psutil
import typer

from deploy.local.existing_engines import fetch_engines
from deploy.local.stack_record import SERVICES, StackRecord
from deploy.local.usage import pss_mb
from services.console.client import Client, token_for
from services.console.configured_engines import refuse_configured_engines
from services.console.errors import FAILURE, USAGE, CommandError
from services.console.journey import journey_of
from services.console.orders import ORDERS
from services.console.output import Progress, progress_bars
from tools.demo import crm, demo_result, field_crew, order_follower, province_import, report
from tools.demo.day import SCENARIOS, orders_in_a_day, scenarios_of
from tools.demo.demo_plan import DemoPlan, make_plan
from tools.demo.demo_result import DemoResult, DemoTimes
from tools.demo.demo_stack import fresh_home, keep_logs, run_stack
from tools.demo.run_state import DemoStoppedError, RunState
from tools.demo.scenarios import DemoPart, Scenario
from tools.demo.stop_signals import stop_signals_interrupt
from tools.province.build import Province, build_province
from tools.verify import PostedOrder, check, wait_until_quiescent

NO_PROGRESS_S = 30.0
"""The demonstration ends when nothing has changed for this time."""

QUIESCENCE_TIMEOUT_S = 20.0
PAUSE_S = 0.1
NUMBERS_PER_ORDER = 40
"""The minimum, so that no exchange runs out of numbers, addresses or pairs."""

MIN_ADDRESSES, MIN_PAIRS = 600, 5_000
REFUSAL_CODE = "port-locked"
"""The code with which some OLTs refuse."""


def run_demo(
    part: str,
    order_count: int | None,
    number_count: int,
    *,
    keep: bool,
    json_file: Path | None,
) -> None:
    """Run the demonstration; exit with 1 if an outcome is unexpected or an invariant is broken.

    Args:
        part: the part of the day that is shown; empty for all.
        order_count: the number of orders to post; None for as many as a day has.
        number_count: the number of phone numbers in the province.
        keep: leave everything running.
        json_file: the file that the result is written to.

    Raises:
        CommandError: it cannot run here; the text gives the remedy.
    """
    began = psutil.Process().create_time()
    if json_file and not json_file.absolute().parent.is_dir():
        remedy = "name a file in a folder that is there"
        msg = f"{json_file.parent} is no folder"
        raise CommandError(msg, USAGE, remedy=remedy)
    scenarios = scenarios_to_show(part)
    refuse_configured_engines()
    order_count = order_count or orders_in_a_day(scenarios)
    province = build_province_for(order_count, number_count)
    fetch_engines(SERVICES)
    with stop_signals_interrupt(), fresh_home() as home, progress_bars() as progress:
        starting = progress.add_task("engines and services started", total=1)
        with run_stack(home, keep=keep) as stack:
            progress.update(starting, completed=1)
            plan = make_plan(order_count, province, scenarios)
            demonstration = Demonstration(stack, home, province, plan, began, time.time())
            result = demonstration.run(progress)
            progress.stop()
            report.print_result(result)
            demonstration.print_journey()
            if result.violations:
                keep_logs(home)
            report.print_next_steps(
                demo_result.order_id_to_show(demonstration.run_state), keep=keep
            )
    if json_file:
        json_file.write_bytes(msgspec.json.format(msgspec.json.encode(result.as_json())))
    if result.violations:
        raise typer.Exit(FAILURE)


def scenarios_to_show(part: str) -> tuple[Scenario, ...]:
    """Return the scenarios of a part of the day by its name; of all parts if it is empty.

    Raises:
        CommandError: there is no such part; the text names all.
    """
    if not part:
        return SCENARIOS
    if part not in set(DemoPart):
        msg, remedy = f"there is no part {part}", f"choose from {', '.join(DemoPart)}"
        raise CommandError(msg, USAGE, remedy=remedy)
    return scenarios_of(DemoPart(part))


def build_province_for(order_count: int, number_count: int) -> Province:
    """Return a province with `number_count` numbers, and addresses and pairs in proportion.

    Raises:
        CommandError: it is too small for this number of orders.
    """
    if number_count < NUMBERS_PER_ORDER * order_count:
        msg = f"{number_count} numbers are too few for {order_count} orders"
        remedy = f"use --numbers {NUMBERS_PER_ORDER * order_count}, or more"
        raise CommandError(msg, USAGE, remedy=remedy)
    return build_province(
        number_count, max(MIN_ADDRESSES, number_count * 3 // 100), max(MIN_PAIRS, number_count // 4)
    )


@dataclass
class Demonstration:
    """One demonstration on a running stack."""

    stack: StackRecord
    home: Path
    province: Province
    plan: DemoPlan
    began: float
    """Unix time, as all times of this class."""

    ready: float
    loaded: float = 0.0
    """When the first city was loaded."""

    run_state: RunState = field(init=False)

    def __post_init__(self) -> None:
        """Create the run state."""
        self.run_state = RunState(self.plan.posts)

    def client(self, role: str) -> Client:
        """Return a client in a role."""
        return Client(self.stack.urls, token_for(role, at=self.home))

    def run(self, progress: Progress) -> DemoResult:
        """Load, post, answer work orders and follow in parallel; then check.

        Raises:
            CommandError: a service does not answer.
        """
        self.set_faults()
        parts = (
            self.load,
            partial(crm.post_all, self.client("crm"), self.run_state),
            partial(field_crew.answer_work_orders, self.client("ops"), self.run_state),
            partial(order_follower.follow_orders, self.client("viewer"), self.run_state),
        )
        numbers = sum(segment.count for segment in self.province.segments)
        bars = report.ProgressBars(progress, len(self.plan.posts), numbers)
        with ThreadPoolExecutor(len(parts), "demo") as pool:
            for part in parts:
                pool.submit(self.run_state.run_guarded, part)
            try:
                self.draw_until_done(bars, numbers)
            finally:
                self.run_state.stop(DemoStoppedError())
        bars.draw(self.run_state)
        failure = self.run_state.failure
        if failure and not isinstance(failure, DemoStoppedError):
            raise failure
        return self.check_invariants(progress)

    def set_faults(self) -> None:
        """Inject the planned faults: some OLTs drop answers, some refuse."""
        for exchanges, fault in (
            (self.plan.dropping, {"fault": "drop", "kind": "add-profile"}),
            (self.plan.refusing, {"fault": "refuse", "kind": "add-profile", "code": REFUSAL_CODE}),
        ):
            for olt in {
                each.olt for each in self.province.splitters if each.exchange_id in exchanges
            }:
                url = f"{self.stack.urls['elements']}/elements/{olt}/faults"
                httpx.put(url, json={"faults": [fault]}).raise_for_status()

    def load(self) -> None:
        """Load the province city by city."""
        client = self.client("ops")
        for city in province_import.rows_by_city(self.province):
            self.run_state.raise_if_stopped()
            province_import.import_city(client, city)
            self.loaded = self.loaded or time.time()
            self.run_state.note_loaded(city.local_network, city.numbers)

    def draw_until_done(self, bars: report.ProgressBars, number_count: int) -> None:
        """Draw the progress until all is done, or nothing has changed for 30 s."""
        run_state, seen, since = self.run_state, (0, 0, 0), time.monotonic()
        while (
            not (run_state.is_done and run_state.numbers == number_count) and not run_state.failure
        ):
            bars.draw(run_state)
            if seen != (seen := (run_state.numbers, len(run_state.answers), len(run_state.ended))):
                since = time.monotonic()
            if time.monotonic() > since + NO_PROGRESS_S:
                return
            time.sleep(PAUSE_S)

    def check_invariants(self, display: Progress) -> DemoResult:
        """Wait until nothing changes any more, check the invariants, and return the result."""
        done = time.time()
        checking = display.add_task("invariants checked", total=1)
        memory = sum(pss_mb({it.name: it.life.pid for it in self.stack.lines}).values())
        wait_until_quiescent(self.stack, QUIESCENCE_TIMEOUT_S)
        findings = check(self.stack, list(self.accepted_posts()))
        display.update(checking, completed=1)
        return DemoResult(
            times=self.times(done),
            posts_by_outcome=demo_result.posts_by_outcome(self.run_state),
            took_ms=demo_result.durations_by_outcome(self.run_state),
            unexpected=list(demo_result.unexpected_outcomes(self.run_state)),
            findings=findings,
            pss_mb=memory,
            by_action=demo_result.count_accepted(self.run_state, attrgetter("action")),
            by_line=demo_result.count_accepted(self.run_state, attrgetter("line")),
        )

    def times(self, done: float) -> DemoTimes:
        """Return the durations of the demonstration."""
        first = demo_result.first_completed_at(self.run_state)
        services = [each for each in self.stack.lines if each.name in SERVICES]
        return DemoTimes(
            engines_s=min(each.life.started for each in services) - self.began,
            ready_s=self.ready - self.began,
            loaded_s=self.loaded - self.began,
            first_order_s=(first.timestamp() if first else done) - self.began,
            seconds=done - self.began,
        )

    def accepted_posts(self) -> Iterator[PostedOrder]:
        """Yield every order that was answered with 201."""
        for planned in self.plan.posts:
            if order_id := demo_result.order_id_of(planned, self.run_state):
                yield PostedOrder(UUID(order_id), planned.external_id)

    def print_journey(self) -> None:
        """Print one order's journey through all services."""
        if order_id := demo_result.order_id_to_show(self.run_state):
            viewer = self.client("viewer")
            order = viewer.get("order", f"{ORDERS}/{order_id}")
            held = viewer.get("resources", f"/ops/v1/holdings/{order_id}")["held"]
            report.print_order_journey(order, held, journey_of(viewer, order_id))
