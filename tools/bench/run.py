"""`kaitong bench`: run every case several times, check the orders, print a table."""

import asyncio
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import typer

from deploy.local.errors import StartError
from deploy.local.home import home
from deploy.local.stack import Stack
from deploy.local.usage import OTHER_CORES_TOLERATED
from services.console.client import Client, ensure_keys_folder, token_for
from services.console.configured_engines import refuse_configured_engines
from services.console.errors import FAILURE, UNAVAILABLE, USAGE, CommandError
from services.console.output import Row, Styled, print_line, print_table, progress_line
from tools import verify
from tools.bench import cases, product_cases, steady_load, suspend_wave
from tools.bench.cases import BenchSystem
from tools.bench.catalogue import load_catalogue
from tools.bench.figures import CaseResult, Figures, describe_machine
from tools.bench.load_generator import post_closed_loop
from tools.bench.order_rules import find_violations
from tools.bench.orders import reference_orders
from tools.bench.plant import load_plant
from tools.verify import wait_until_quiescent

FIBRES_PER_SPLITTER = 16
QUIESCENCE_TIMEOUT_S = 60.0
RATE_LIMIT = 100_000
"""Requests a second: the limit is checked, but the bench, which is one client, never reaches it."""


@dataclass(frozen=True, slots=True)
class BenchCase:
    """One case and its goals."""

    title: str
    measure: Callable[[BenchSystem, int], Figures]
    goals: Mapping[str, float]
    details: Callable[[CaseResult], Iterable[str]] = lambda _: ()
    """Returns lines to print below the table."""

    is_binding: bool = False
    """If a goal is missed, the bench exits with 1."""

    only_if_named: bool = False
    """It runs only if it is named: it is long, or enlarges the stack that other cases measure."""

    is_verified: bool = False
    """All invariants of `tools/verify` are checked at the end, beside the rules for all orders."""

    shown: Sequence[str] = ()
    """Figures of the table without a goal."""


def product_case(title: str, measure: Callable[[BenchSystem, int], Figures]) -> BenchCase:
    """Return a case of the products of several lines, without goals."""
    shown = ("orders_per_s", "cpu_ms_per_order")
    return BenchCase(title, measure, {}, only_if_named=True, is_verified=True, shown=shown)


CASES = {
    "reference": BenchCase(
        "reference order, saturated",
        cases.measure_reference,
        {"cpu_ms_per_order": 2.5, "orders_per_s": 600},
    ),
    "reference_20": BenchCase(
        "reference order at 20/s",
        cases.measure_reference_20,
        {"p50_ms": 60, "p99_ms": 200, "cpu_ms_per_order": 30},
    ),
    "ftth": BenchCase(
        "FTTH, elements over HTTP, saturated", cases.measure_ftth, {"cpu_ms_per_order": 8}
    ),
    "ftth_20": BenchCase(
        "FTTH, elements over HTTP, at 20/s", cases.measure_ftth_20, {"p50_ms": 150, "p99_ms": 400}
    ),
    "steady": BenchCase(
        "fibre, telephone and bundles, elements of 100 ms, evenly",
        steady_load.measure_steady_load,
        steady_load.GOALS,
        steady_load.details,
        is_binding=True,
        only_if_named=True,
    ),
    "change": product_case(
        "FTTH, change of speed, saturated",
        lambda system, orders: product_cases.measure_change(system, max(100, orders // 4)),
    ),
    "mobile": product_case(
        "mobile plan, new, saturated",
        lambda system, orders: product_cases.measure_mobile(system, max(100, orders // 4)),
    ),
    "bundle": product_case(
        "bundle of ten items, new, saturated",
        lambda system, orders: product_cases.measure_bundle(system, max(20, orders // 40)),
    ),
    "wave": BenchCase(
        "FTTH, new, beside a wave of suspensions",
        lambda system, _: suspend_wave.measure_suspend_wave(system, system.suspends),
        suspend_wave.GOALS,
        suspend_wave.details,
        is_binding=True,
        only_if_named=True,
        is_verified=True,
        shown=suspend_wave.SHOWN,
    ),
    "idle": BenchCase("whole stack, idle", cases.measure_idle, {"core_share": 0.15, "pss_mb": 880}),
    "assignment": BenchCase(
        "number assignment, pools of 10⁴, 10⁵, 10⁶",
        cases.measure_assignment,
        {"assignment_ratio": 1.2},
    ),
    "start": BenchCase(
        "demo: command to first completed order", cases.measure_start, {"first_order_s": 15}
    ),
}


@dataclass(frozen=True, slots=True)
class BenchSize:
    """How much is measured."""

    rounds: int
    """How often each case is measured."""

    order_count: int
    """The number of orders in a round."""

    per_second: float
    """The rate of the even load."""

    suspends: int
    """The number of products that the wave suspends at once."""


def run_bench(size: BenchSize, only: Sequence[str], json_file: Path | None) -> None:
    """Measure; exit with 1 if a rule or an invariant is violated, or a binding goal is missed.

    Args:
        size: how much is measured.
        only: the cases to run; empty for all that need not be named.
        json_file: the file that the figures are written to.

    Raises:
        CommandError: there is no such case, or the result of a case is not what was ordered.
    """
    if unknown := set(only) - set(CASES):
        remedy = f"choose from {', '.join(CASES)}"
        msg = f"there is no case {', '.join(unknown)}"
        raise CommandError(msg, USAGE, remedy=remedy)
    refuse_configured_engines()
    chosen = [
        name for name, case in CASES.items() if name in only or not (only or case.only_if_named)
    ]
    with start_bench_system(size) as system:
        measured = measure_all(system, chosen, size.rounds, size.order_count)
        violations = find_violations(system.record)
        if any(CASES[name].is_verified for name in chosen):
            wait_until_quiescent(system.record, QUIESCENCE_TIMEOUT_S)
            violations += verify.find_violations(system.record)
    print_results(measured, violations)
    if json_file:
        result = as_json(measured, violations)
        json_file.write_bytes(msgspec.json.format(msgspec.json.encode(result)))
    if violations or any(missed_goals(case) for case in measured if CASES[case.name].is_binding):
        raise typer.Exit(FAILURE)


def missed_goals(case: CaseResult) -> list[str]:
    """Return the figures of a case that do not reach their goals."""
    return [figure for figure in case.goals if not case.reaches_goal(figure)]


@contextmanager
def start_bench_system(size: BenchSize) -> Iterator[BenchSystem]:
    """Start a separate stack, with plant for all rounds; delete it when the block ends."""
    fibres = size.rounds * (size.order_count // 4 + cases.PACED_ORDERS)
    splitters = max(64, fibres // FIBRES_PER_SPLITTER)
    with tempfile.TemporaryDirectory(prefix="bench-", dir=home()) as folder:
        ensure_keys_folder(Path(folder))
        os.environ["KAITONG_RATE_LIMIT"] = str(RATE_LIMIT)
        try:
            stack = Stack.start(Path(folder))
        except StartError as error:
            raise CommandError(str(error), UNAVAILABLE) from error
        with stack:
            record = stack.latest_record()
            operator = token_for("ops", at=Path(folder))
            client = Client(record.urls, operator)
            load_catalogue(client)
            load_plant(client, 2 * (size.rounds + 1) * size.order_count, splitters)
            crm = token_for("crm", at=Path(folder))
            system = BenchSystem(
                record, crm, operator, splitters, per_second=size.per_second, suspends=size.suspends
            )
            warm_up(system)
            yield system
        stack.purge()


def warm_up(system: BenchSystem) -> None:
    """Complete 200 orders first, so that joining groups and filling caches is not measured."""
    asyncio.run(post_closed_loop(system.target, reference_orders(200)))
    system.completions.wait_for(200)


def measure_all(
    system: BenchSystem, chosen: Sequence[str], rounds: int, order_count: int
) -> list[CaseResult]:
    """Run every case once in each round; show the progress."""
    figures: dict[str, list[Figures]] = {name: [] for name in chosen}
    with progress_line() as progress:
        task = progress.add_task("measuring")
        for round_ in range(1, rounds + 1):
            for name in chosen:
                progress.update(task, description=f"round {round_} of {rounds}: {name}")
                figures[name].append(CASES[name].measure(system, order_count))
    return [
        CaseResult(name, CASES[name].title, figures[name], CASES[name].goals) for name in chosen
    ]


def as_json(measured: Sequence[CaseResult], violations: Sequence[str]) -> dict[str, Any]:
    """Return all results as JSON."""
    found: dict[str, Any] = {"machine": describe_machine(), "violations": len(violations)}
    return found | {case.name: case.as_dict() for case in measured}


def print_results(measured: Sequence[CaseResult], violations: Sequence[str]) -> None:
    """Print the table of medians, spreads and goals."""
    rows: list[Row] = []
    for case in measured:
        rows += [row_of(case, figure) for figure in (*case.goals, *CASES[case.name].shown)]
    print_table(("case", "figure", "median", "spread", "goal", ""), rows)
    for case in measured:
        print_cpu_by_part(case)
        for line in CASES[case.name].details(case):
            print_line(line)
    for each in violations:
        print_line(Styled(f"broken: {each}", "red"))
    print_line(f"{' · '.join(str(value) for value in describe_machine().values())}")


def row_of(case: CaseResult, figure: str) -> Row:
    """Return the row of a figure: its median, spread and goal, and whether that is reached."""
    least, greatest = case.spread(figure)
    goal = f"{case.goals[figure]:g}" if figure in case.goals else ""
    verdicts = (Styled("missed", "red"), Styled("reached", "green"))
    reached = case.reaches_goal(figure)
    verdict = "" if reached is None else verdicts[reached]
    spread = f"{least:.3g} to {greatest:.3g}"
    return (case.title, figure, f"{case.median(figure):.3g}", spread, goal, verdict)


def print_cpu_by_part(case: CaseResult) -> None:
    """Print an order's CPU by part, and warn if other programs used the machine."""
    parts = {
        name.removeprefix("cpu_ms_"): case.median(name)
        for name in case.rounds[0]
        if name.startswith("cpu_ms_") and name != "cpu_ms_per_order"
    }
    if parts:
        text = "  ".join(f"{part} {spent:.2f}" for part, spent in parts.items())
        print_line(f"{case.title}: CPU ms an order: {text}")
    if "other_cores" in case.rounds[0] and case.median("other_cores") > 1 + OTHER_CORES_TOLERATED:
        warning = f"{case.title}: other programs used the machine; the times are not reliable"
        print_line(Styled(warning, "yellow"))
