"""An even load of fibre, telephone and bundles: times stay level, and steps do not queue."""

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from deploy.local import usage
from services.console.client import Client
from tools.bench.cases import BenchSystem, cpu_per_order, post_with_crew
from tools.bench.elements import delayed_elements, read_histograms, step_times_between
from tools.bench.figures import CaseResult, Figures, percentile
from tools.bench.load_generator import LoadClient, post_at_rate
from tools.bench.workload import element_names, mixed_orders, set_limits

PARTS = 5
"""The load is looked at in so many parts: minutes, if it is 12,000 orders at 40 a second."""

GOALS = {"p50_growth": 1.2, "step_ratio": 3.0}
"""The last part's median of orders over the first part's; a step's median over its element's own
time for a call, of the element type where it is greatest."""


@dataclass(frozen=True, slots=True)
class ElementBehaviour:
    """How the elements behave."""

    element_ms: int = 100
    """How long a simulated element takes for a call; milliseconds."""

    core_calls: int = 32
    """Calls at a time at each core element: as many as are shipped for its type."""


DEFAULT_BEHAVIOUR = ElementBehaviour()


def measure_steady_load(
    site: BenchSystem, orders: int, load: ElementBehaviour = DEFAULT_BEHAVIOUR
) -> Figures:
    """Measure so many orders at an even pace: in parts one after the other, and by element."""
    set_limits(Client(site.record.urls, site.operator_token), load.core_calls, "aaa", "ims")
    with delayed_elements(site.record, element_names(site.splitters), load.element_ms):
        before, times = usage.read(site.pids), read_histograms(site.record)
        customer = asyncio.run(post_with_crew(site, lambda: _posting(site, orders)))
        spent = cpu_per_order(site, before, orders)
    steps = step_times_between(times, read_histograms(site.record), load.element_ms)
    completed = site.completions.times(list(customer.posted_at))
    return percentiles_by_part(customer.posted_at, completed) | steps | spent


def _posting(site: BenchSystem, orders: int) -> "asyncio.Future[LoadClient]":
    posts = mixed_orders(orders, site.splitters)
    return asyncio.ensure_future(post_at_rate(site.target, posts, site.per_second))


def percentiles_by_part(
    posted_at: Mapping[str, float], completed_at: Mapping[str, float]
) -> dict[str, float]:
    """Return the percentiles of each part of the orders, in the order in which they were posted."""
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
    """Yield lines that show each part of the load, and each type of elements."""
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
