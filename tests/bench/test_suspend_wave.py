"""The bench's wave of suspensions, with some products, and what it measures beside it."""

import asyncio

import pytest

from services.console.errors import CommandError
from tools.bench.cases import BenchSystem
from tools.bench.figures import CaseResult
from tools.bench.orders import reference_orders
from tools.bench.product_cases import install_fibre
from tools.bench.run import missed_goals
from tools.bench.suspend_wave import (
    GOALS,
    PRIORITIES,
    SHOWN,
    WAVES,
    WaveLoad,
    check_wave,
    details,
    measure_suspend_wave,
    post_wave,
    ratios,
)

NUMBER = 20
AT_ONCE = WaveLoad(installs_per_second=50, alone=10, beside=500)
PER_SECOND = 40.0


def test_installs_are_measured_alone_and_beside_a_wave_that_suspends_and_one_that_resumes(
    measured_site: BenchSystem,
) -> None:
    completed = measured_site.completions.count()
    lacking = NUMBER - len(measured_site.fibre_products)

    figures = measure_suspend_wave(measured_site, NUMBER, AT_ONCE)

    case = CaseResult("wave", "a wave", [figures], GOALS)
    assert len(list(details(case))) == 1 + len(WAVES) * len(PRIORITIES)
    assert set(SHOWN) <= figures.keys()
    beside = [figures[f"{wave.name}{each}_installs"] for wave in WAVES for each in PRIORITIES]
    assert all(0 < installs < AT_ONCE.beside / 2 for installs in beside)
    installs = measured_site.completions.count() - completed - max(0, lacking) - len(WAVES) * NUMBER
    assert AT_ONCE.alone + sum(beside) <= installs < AT_ONCE.alone + len(WAVES) * AT_ONCE.beside


def test_the_orders_of_a_paced_wave_are_posted_at_its_rate(measured_site: BenchSystem) -> None:
    orders, completed = reference_orders(NUMBER), measured_site.completions.count()

    client = asyncio.run(post_wave(measured_site.target, orders, PER_SECOND))

    measured_site.completions.wait_for(completed + NUMBER)
    posted_at = client.posted_at.values()
    assert max(posted_at) - min(posted_at) >= 0.99 * (NUMBER - 1) / PER_SECOND


def test_products_that_a_wave_has_left_otherwise_are_counted(measured_site: BenchSystem) -> None:
    products = install_fibre(measured_site, NUMBER)
    suspend, resume = WAVES

    check_wave(measured_site, resume, products)
    with pytest.raises(CommandError, match=f"{NUMBER} products are active, not suspended"):
        check_wave(measured_site, suspend, products)


def test_the_goal_is_missed_where_installs_take_more_than_twice_as_long() -> None:
    alone = {"alone_p50_ms": 100.0, "alone_p95_ms": 150.0}

    beside = {
        "suspend_p50_ms": 190.0,
        "suspend_p95_ms": 330.0,
        "suspend_urgent_p50_ms": 110.0,
        "suspend_urgent_p95_ms": 165.0,
    }

    figures = ratios(alone | beside, "suspend")

    assert [figures[name] for name in GOALS] == pytest.approx([1.9, 2.2])
    assert figures["suspend_urgent_p95_ratio"] == pytest.approx(1.1)
    assert missed_goals(CaseResult("wave", "a wave", [figures], GOALS)) == ["suspend_p95_ratio"]
