"""A wave of suspensions for arrears, then of resumptions: the times of new installs beside it."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import takewhile
from typing import NamedTuple

from tools.bench.cases import BenchSystem, post_with_crew
from tools.bench.figures import CaseResult, Figures, percentile
from tools.bench.load_generator import (
    LoadClient,
    OrderRequest,
    Target,
    post_at_rate,
    post_closed_loop,
)
from tools.bench.orders import (
    InstalledProduct,
    arrears_resumption,
    arrears_suspension,
    fibre_orders,
)
from tools.bench.plant import set_concurrency_limits
from tools.bench.product_cases import install_fibre
from tools.bench.product_checks import check_element, check_products
from tools.bench.steady_load import DEFAULT_BEHAVIOUR

GOALS = {"suspend_p50_ratio": 2.0, "suspend_p95_ratio": 2.0}
"""The time of a new install beside the suspensions over that without them."""

SHOWN = (
    *("suspend_urgent_p50_ratio", "suspend_urgent_p95_ratio", "suspend_s"),
    *("resume_p50_ratio", "resume_p95_ratio", "resume_s"),
)
PERCENTILES = (50, 95)


@dataclass(frozen=True, slots=True)
class WaveLoad:
    """The even flow of new fibre installs whose times are measured, and the rate of the wave."""

    installs_per_second: float = 4
    alone: int = 100
    """The number of installs that are measured without a wave."""

    beside: int = 1_200
    """The most installs that are posted beside a wave; the flow ends with the wave."""

    wave_per_second: float = 0
    """Orders a second of the wave; 0 for as many as the API accepts."""


AT_ONCE = WaveLoad()
PRIORITIES = {"": 4, "_urgent": 1}
"""The priorities of the installs in turn, by the end of their figures' name. The wave has 4."""


class Wave(NamedTuple):
    """Orders for many products at once, and how they leave the products."""

    name: str
    order: Callable[[InstalledProduct], OrderRequest]
    status: str
    bar: str
    """What the AAA bars of each account."""


WAVES = (
    Wave("suspend", arrears_suspension, "suspended", "outgoing"),
    Wave("resume", arrears_resumption, "active", "none"),
)


def measure_suspend_wave(system: BenchSystem, number: int, load: WaveLoad = AT_ONCE) -> Figures:
    """Measure new installs alone, beside `number` suspensions, and beside as many resumptions."""
    set_concurrency_limits(system.operator, DEFAULT_BEHAVIOUR.core_calls, "aaa")
    products = install_fibre(system, number)
    alone, *beside = (
        fibre_orders(system.added_plant.add_addresses(installs), tuple(PRIORITIES.values()))
        for installs in (load.alone, load.beside, load.beside)
    )
    figures = measure_installs(system, alone, load)
    for wave, installs in zip(WAVES, beside, strict=True):
        figures |= measure_beside(system, wave, products, installs, load)
        figures |= ratios(figures, wave.name)
    return figures


def measure_installs(
    system: BenchSystem, posts: Sequence[OrderRequest], load: WaveLoad
) -> dict[str, float]:
    """Return the percentiles of installs alone."""
    posting = partial(post_at_rate, system.target, posts, load.installs_per_second)
    client = asyncio.run(post_with_crew(system, lambda: asyncio.ensure_future(posting())))
    return percentiles("alone", times_ms(system, client, client.posted_at))


def measure_beside(
    system: BenchSystem,
    wave: Wave,
    products: Sequence[InstalledProduct],
    installs: Sequence[OrderRequest],
    load: WaveLoad,
) -> dict[str, float]:
    """Return the percentiles of installs beside a wave, and how long the wave took."""
    orders = [wave.order(each) for each in products]
    posting = partial(post_beside, system, orders, installs, load)
    client = asyncio.run(post_with_crew(system, lambda: asyncio.ensure_future(posting())))
    check_wave(system, wave, products)
    completed = system.completions.times([each.key for each in orders])
    begin, end = min(client.posted_at[key] for key in completed), max(completed.values())
    figures = {f"{wave.name}_s": end - begin}
    for n, suffix in enumerate(PRIORITIES):
        own = (each.key for each in installs[n :: len(PRIORITIES)])
        beside = [key for key in own if client.posted_at.get(key, end) < end]
        figures |= percentiles(f"{wave.name}{suffix}", times_ms(system, client, beside))
        figures[f"{wave.name}{suffix}_installs"] = len(beside)
    return figures


async def post_beside(
    system: BenchSystem,
    wave: Sequence[OrderRequest],
    installs: Sequence[OrderRequest],
    load: WaveLoad,
) -> LoadClient:
    """Post a wave, and installs evenly until as many orders have completed as the wave has."""
    already, is_over = system.completions.count(), asyncio.Event()
    flow = takewhile(lambda _: not is_over.is_set(), installs)
    posting = asyncio.ensure_future(post_at_rate(system.target, flow, load.installs_per_second))
    posted = await post_wave(system.target, wave, load.wave_per_second)
    await asyncio.to_thread(system.completions.wait_for, already + len(wave))
    is_over.set()
    client = await posting
    client.posted_at |= posted.posted_at
    return client


async def post_wave(target: Target, wave: Sequence[OrderRequest], per_second: float) -> LoadClient:
    """Post the orders of a wave, evenly if a rate is given."""
    if per_second:
        return await post_at_rate(target, wave, per_second)
    return await post_closed_loop(target, wave)


def check_wave(system: BenchSystem, wave: Wave, products: Sequence[InstalledProduct]) -> None:
    """Check that a wave has left all products as it says.

    Raises:
        CommandError: some are otherwise.
    """
    present = system.completions.present(products)
    check_products(
        system, present, Counter(each.offering_id for each in products), status=wave.status
    )
    check_element(system, present, "aaa", {"bar": wave.bar})


def times_ms(system: BenchSystem, client: LoadClient, keys: Iterable[str]) -> list[float]:
    """Return the milliseconds from the POST to the completion of these orders."""
    completed = system.completions.times(list(keys))
    return [1000 * (at - client.posted_at[key]) for key, at in completed.items()]


def percentiles(name: str, took_ms: Sequence[float]) -> dict[str, float]:
    """Return the median and the 95th percentile, with a name."""
    return {f"{name}_p{n}_ms": percentile(took_ms, n / 100) for n in PERCENTILES}


def ratios(figures: Figures, name: str) -> dict[str, float]:
    """Return the percentiles beside a wave over those of installs alone."""
    return {
        f"{name}{suffix}_p{n}_ratio": figures[f"{name}{suffix}_p{n}_ms"] / figures[f"alone_p{n}_ms"]
        for suffix in PRIORITIES
        for n in PERCENTILES
    }


def details(case: CaseResult) -> Iterator[str]:
    """Yield a line for the installs alone, and for each wave one for each priority of installs."""
    yield f"alone: installs took {_percentiles_text(case, 'alone')}"
    for wave in WAVES:
        for suffix, priority in PRIORITIES.items():
            name = f"{wave.name}{suffix}"
            ratio = " and ".join(f"{case.median(f'{name}_p{n}_ratio'):.2f}" for n in PERCENTILES)
            yield (
                f"beside the wave ({wave.name}), which took {case.median(f'{wave.name}_s'):.1f} s:"
                f" {case.median(f'{name}_installs'):.0f} installs of priority {priority} took"
                f" {_percentiles_text(case, name)}: {ratio} times"
            )


def _percentiles_text(case: CaseResult, name: str) -> str:
    return ", ".join(f"p{n} {case.median(f'{name}_p{n}_ms'):.0f} ms" for n in PERCENTILES)
