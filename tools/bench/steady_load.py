"""An even load of fibre, telephone and bundles: order times do not grow, steps do not queue."""

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from deploy.local import usage
from tools.bench.cases import BenchSystem, cpu_per_order, post_with_crew
from tools.bench.elements import delayed_elements, read_duration_histograms, step_times_between
from tools.bench.figures import CaseResult, Figures, percentile
from tools.bench.load_generator import LoadClient, post_at_rate
from tools.bench.orders import mixed_orders
from tools.bench.plant import element_names, set_concurrency_limits

PARTS = 5
"""The number of parts of the load: each is a minute with 12,000 orders at 40 a second."""

GOALS = {"p50_growth": 1.2, "step_ratio": 3.0}
"""The orders' median of the last part over that of the first; a step's median over its element's
own time for a call, of the element type where this ratio is greatest."""


@dataclass(frozen=True, slots=True)
class ElementBehaviour:
    """The delay and concurrency of the simulated elements."""

    element_ms: int = 100
    """The time that a simulated element takes for a call, in milliseconds."""

    core_calls: int = 32
    """Concurrent calls at each core element: the shipped default of its type."""


DEFAULT_BEHAVIOUR = ElementBehaviour()


def measure_steady_load(
    system: BenchSystem, order_count: int, load: ElementBehaviour = DEFAULT_BEHAVIOUR
) -> Figures:
    """Measure orders at an even rate, by part of the load and by element type."""
    set_concurrency_limits(system.operator, load.core_calls, "aaa", "ims")
    with delayed_elements(system.record, element_names(system.splitters), load.element_ms):
        before, times = usage.read(system.pids), read_duration_histograms(system.record)
        client = asyncio.run(post_with_crew(system, lambda: _posting(system, order_count)))
        spent = cpu_per_order(system, before, order_count)
    steps = step_times_between(times, read_duration_histograms(system.record), load.element_ms)
    completed = system.completions.times(list(client.posted_at))
    return percentiles_by_load_part(client.posted_at, completed) | steps | spent


def _posting(system: BenchSystem, orders: int) -> "asyncio.Future[LoadClient]":
    posts = mixed_orders(orders, system.splitters)
    return asyncio.ensure_future(post_at_rate(system.target, posts, system.per_second))


def percentiles_by_load_part(
    posted_at: Mapping[str, float], completed_at: Mapping[str, float]
) -> dict[str, float]:
    """Return the percentiles of each part of the orders, in the order of posting."""
    keys = sorted(posted_at, key=lambda key: posted_at[key])
    took_ms = [1000 * (completed_at[key] - posted_at[key]) for key in keys]
    found: dict[str, float] = {}
    for part in range(PARTS):
        own = took_ms[part * len(keys) // PARTS : (part + 1) * len(keys) // PARTS]
        found[f"p50_ms_{part + 1}"] = percentile(own, 0.5)
        found[f"p99_ms_{part + 1}"] = percentile(own, 0.99)
    growth = found[f"p50_ms_{PARTS}"] / found["p50_ms_1"]
    return found | {"p50_growth": growth, "max_ms": max(took_ms)}


def details(case: CaseResult) -> Iterator[str]:
    """Yield a line for each part of the load and each element type."""
    for part in range(1, PARTS + 1):
        median, most = case.median(f"p50_ms_{part}"), case.median(f"p99_ms_{part}")
        yield f"part {part} of {PARTS}: orders took p50 {median:.0f} ms, p99 {most:.0f} ms"
    for name in case.rounds[0]:
        if kind := name.partition("calls_")[2]:
            yield (
                f"{kind}: {case.median(name):.0f} calls of {case.median(f'call_ms_{kind}'):.0f} ms,"
                f" steps of {case.median(f'step_ms_{kind}'):.0f} ms (medians),"
                f" {case.median(f'step_ratio_{kind}'):.2f} times the element's own time"
            )
