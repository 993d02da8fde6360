"""The cases of the bench by name, with their goals."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from tools.bench import cases, product_cases, steady_load, suspend_wave
from tools.bench.cases import BenchSystem
from tools.bench.figures import CaseResult, Figures
from tools.bench.suspend_wave import WaveLoad

Measure: TypeAlias = Callable[[BenchSystem, int], Figures]
"""Measures one round, with this number of orders."""


@dataclass(frozen=True, slots=True)
class BenchCase:
    """One case and its goals."""

    title: str
    measure: Measure
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


def product_case(title: str, measure: Measure) -> BenchCase:
    """Return a case of the products of several lines, without goals."""
    shown = ("orders_per_s", "cpu_ms_per_order")
    return BenchCase(title, measure, {}, only_if_named=True, is_verified=True, shown=shown)


def wave_case(title: str, measure: Measure) -> BenchCase:
    """Return a case of new installs beside a wave."""
    return BenchCase(
        title,
        measure,
        suspend_wave.GOALS,
        suspend_wave.details,
        is_binding=True,
        only_if_named=True,
        is_verified=True,
        shown=suspend_wave.SHOWN,
    )


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
    "wave": wave_case(
        "FTTH, new, beside a wave of suspensions at once",
        lambda system, _: suspend_wave.measure_suspend_wave(system, system.suspends),
    ),
    "wave_paced": wave_case(
        "FTTH, new, beside a wave of suspensions at a rate",
        lambda system, _: suspend_wave.measure_suspend_wave(
            system, system.suspends, WaveLoad(wave_per_second=system.per_second)
        ),
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
