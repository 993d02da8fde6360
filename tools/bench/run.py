"""`kaitong bench`: run every case several times, check the orders, print a table."""

import asyncio
import os
import tempfile
from collections.abc import Iterator, Sequence
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
from tools.bench import cases
from tools.bench.case_table import CASES
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
class BenchSize:
    """How much is measured."""

    rounds: int
    """How often each case is measured."""

    order_count: int
    """The number of orders in a round."""

    per_second: float
    """The rate of the even load, and of the paced wave."""

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
