"""The bench's even load for some seconds: goals are reached, and missed where steps queue."""

import msgspec
import pytest

from deploy.local.home import CHECKOUT
from tools.bench import cases
from tools.bench.elements import Histogram
from tools.bench.figures import CaseResult, Figures
from tools.bench.run import missed_goals
from tools.bench.steady_load import (
    DEFAULT_BEHAVIOUR,
    GOALS,
    ElementBehaviour,
    details,
    measure_steady_load,
    percentiles_by_load_part,
)

SHIPPED = CHECKOUT / "services/provisioning/data/elements.json"
LIGHT = ElementBehaviour(element_ms=200)
"""Elements take longer than usual, so that a busy machine cannot triple the step times."""


def a_case(figures: Figures) -> CaseResult:
    """Return what one round measured."""
    return CaseResult("steady", "an even load", [figures], GOALS)


def test_an_even_load_keeps_to_the_time_that_elements_take(
    measured_site: cases.BenchSystem,
) -> None:
    figures = measure_steady_load(measured_site, 48, LIGHT)

    assert "step_ratio" not in missed_goals(a_case(figures)), figures
    assert figures["calls_ims"] >= 96
    assert figures["call_ms_ims"] >= 0.9 * LIGHT.element_ms
    assert len(list(details(a_case(figures)))) == 5 + 3  # parts, and types: aaa, ims, olt


def test_where_an_element_is_too_slow_for_the_load_the_goals_are_missed(
    measured_site: cases.BenchSystem,
) -> None:
    figures = measure_steady_load(
        measured_site, 30, ElementBehaviour(LIGHT.element_ms, core_calls=1)
    )

    assert missed_goals(a_case(figures)) == ["p50_growth", "step_ratio"]
    assert figures["step_ratio_ims"] > 3 > figures["step_ratio_olt"]


def test_the_even_load_is_measured_with_the_limits_that_are_shipped() -> None:
    shipped = msgspec.json.decode(SHIPPED.read_bytes())["types"]
    calls = {each["name"]: each["concurrency"] for each in shipped}

    assert (calls["aaa"], calls["ims"]) == (
        DEFAULT_BEHAVIOUR.core_calls,
        DEFAULT_BEHAVIOUR.core_calls,
    )


def test_parts_follow_the_order_in_which_orders_were_posted() -> None:
    posted = {f"{n}": float(n) for n in reversed(range(10))}
    completed = {key: at + (0.2 if at < 8 else 0.3) for key, at in posted.items()}

    figures = percentiles_by_load_part(posted, completed)

    assert figures["p50_ms_1"] == pytest.approx(200)
    assert figures["p99_ms_5"] == pytest.approx(300)
    assert figures["p50_growth"] == pytest.approx(1.5)


@pytest.mark.parametrize(
    ("counts", "median"),
    [({1.0: 0, 2.0: 4, 3.0: 4}, 1.5), ({1.0: 1, 2.0: 2, float("inf"): 2}, 1.0), ({1.0: 0}, 0.0)],
)
def test_a_median_is_read_from_a_histogram(counts: dict[float, float], median: float) -> None:
    assert Histogram(counts).median() == median


def test_a_histogram_counts_what_has_come_since() -> None:
    grown = Histogram({1.0: 5, 2.0: 9}).since(Histogram({1.0: 5, 2.0: 5}))

    assert (grown.count, grown.median()) == (4, 1.5)
