"""An even load of fibre, telephone and bundles: times stay level, and steps do not queue."""

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from services.console.bench import usage
from services.console.bench.cases import Site, cpu, with_crew
from services.console.bench.elements import read_times, steps_between, taking
from services.console.bench.figures import Case, Figures, percentile
from services.console.bench.load import Customer, pace
from services.console.bench.workload import elements_of, mixed_orders, set_limits
from services.console.client import Client

PARTS = 5
"""The load is looked at in so many parts: minutes, if it is 12,000 orders at 40 a second."""

GOALS = {"p50_growth": 1.2, "step_ratio": 3.0}
"""The last part's median of orders over the first part's; a step's median over its element's own
time for a call, of the element type where it is greatest."""


@dataclass(frozen=True, slots=True)
class Load:
    """How the elements behave."""

    element_ms: int = 100
    """How long a simulated element takes for a call; milliseconds."""

    core_calls: int = 32
    """Calls at a time at each core element: as many as are shipped for its type."""


USUAL = Load()


def steady(site: Site, orders: int, load: Load = USUAL) -> Figures:
    """Measure so many orders at an even pace: in parts one after the other, and by element."""
    set_limits(Client(site.record.urls, site.operator), load.core_calls, "aaa", "ims")
    with taking(site.record, elements_of(site.splitters), load.element_ms):
        before, times = usage.read(site.pids), read_times(site.record)
        customer = asyncio.run(with_crew(site, lambda: _posting(site, orders)))
        spent = cpu(site, before, orders)
    steps = steps_between(times, read_times(site.record), load.element_ms)
    completed = site.completions.times(list(customer.posted_at))
    return parts_of(customer.posted_at, completed) | steps | spent


def _posting(site: Site, orders: int) -> "asyncio.Future[Customer]":
    posts = mixed_orders(orders, site.splitters)
    return asyncio.ensure_future(pace(site.target, posts, site.per_second))


def parts_of(posted_at: Mapping[str, float], completed_at: Mapping[str, float]) -> dict[str, float]:
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


def details(case: Case) -> Iterator[str]:
    """Yield lines that show each part of the load, and each type of elements."""
    for part in range(1, PARTS + 1):
        middle, most = case.middle(f"p50_ms_{part}"), case.middle(f"p99_ms_{part}")
        yield f"part {part} of {PARTS}: orders took p50 {middle:.0f} ms, p99 {most:.0f} ms"
    for name in case.rounds[0]:
        if kind := name.partition("calls_")[2]:
            yield (
                f"{kind}: {case.middle(name):.0f} calls of {case.middle(f'call_ms_{kind}'):.0f} ms,"
                f" steps of {case.middle(f'step_ms_{kind}'):.0f} ms (medians),"
                f" {case.middle(f'step_ratio_{kind}'):.2f} times the element's own time"
            )
