"""The bench's wave of suspensions, with some products, and what it measures beside it."""

import pytest

from services.console.errors import CommandError
from tools.bench.cases import BenchSystem
from tools.bench.figures import CaseResult
from tools.bench.product_cases import install_fibre
from tools.bench.run import missed_goals
from tools.bench.suspend_wave import (
    GOALS,
    SHOWN,
    WAVES,
    InstallFlow,
    check_wave,
    details,
    measure_suspend_wave,
    ratios,
)

NUMBER = 20
FLOW = InstallFlow(per_second=20, alone=10, beside=200)


def test_installs_are_measured_alone_and_beside_a_wave_that_suspends_and_one_that_resumes(
    measured_site: BenchSystem,
) -> None:
    completed = measured_site.completions.count()
    lacking = NUMBER - len(measured_site.fibre_products)

    figures = measure_suspend_wave(measured_site, NUMBER, FLOW)

    case = CaseResult("wave", "a wave", [figures], GOALS)
    assert len(list(details(case))) == 1 + len(WAVES)
    assert set(SHOWN) <= figures.keys()
    beside = [figures[f"{wave.name}_installs"] for wave in WAVES]
    assert all(0 < installs < FLOW.beside for installs in beside)
    orders = measured_site.completions.count() - completed - max(0, lacking)
    assert orders >= FLOW.alone + len(WAVES) * NUMBER + sum(beside)


def test_products_that_a_wave_has_left_otherwise_are_counted(measured_site: BenchSystem) -> None:
    products = install_fibre(measured_site, NUMBER)
    suspend, resume = WAVES

    check_wave(measured_site, resume, products)
    with pytest.raises(CommandError, match=f"{NUMBER} products are active, not suspended"):
        check_wave(measured_site, suspend, products)


def test_the_goal_is_missed_where_installs_take_more_than_twice_as_long() -> None:
    alone = {"alone_p50_ms": 100.0, "alone_p95_ms": 150.0}

    figures = ratios(alone | {"suspend_p50_ms": 190.0, "suspend_p95_ms": 330.0}, "suspend")

    assert figures == pytest.approx({"suspend_p50_ratio": 1.9, "suspend_p95_ratio": 2.2})
    assert missed_goals(CaseResult("wave", "a wave", [figures], GOALS)) == ["suspend_p95_ratio"]
