"""The bench's arithmetic."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.bench.case_table import CASES
from tools.bench.figures import CaseResult, percentile
from tools.bench.run import missed_goals, row_of


def test_a_percentile_is_a_value_that_was_measured() -> None:
    assert percentile([5.0, 1.0, 3.0, 2.0, 4.0], 0.5) == 3.0
    assert percentile([5.0, 1.0, 3.0, 2.0, 4.0], 0.99) == 5.0
    assert percentile([7.0], 0.5) == 7.0


@given(st.lists(st.floats(0, 1e6), min_size=1), st.floats(0.01, 1))
def test_at_least_that_share_is_at_or_below_a_percentile(values: list[float], share: float) -> None:
    found = percentile(values, share)

    assert sum(value <= found for value in values) >= share * len(values) - 1e-9


@pytest.mark.parametrize(
    ("figure", "goal", "reached"),
    [("p50_ms", 10, True), ("p50_ms", 1, False), ("orders_per_s", 1, True), ("other", 0, None)],
)
def test_rates_are_to_exceed_their_goal_and_all_else_to_stay_below(
    figure: str,
    goal: float,
    reached: bool | None,  # noqa: FBT001  a column of the table above
) -> None:
    goals = {} if figure == "other" else {figure: goal}
    case = CaseResult("case", "a case", [{figure: 2.0}, {figure: 3.0}, {figure: 9.0}], goals)

    assert case.reaches_goal(figure) is reached
    assert case.as_dict()[f"{figure}_min"] == 2.0
    assert case.as_dict()[figure] == 3.0


def test_figures_without_a_goal_are_shown_and_not_missed() -> None:
    rounds = [{"orders_per_s": 50.0, "cpu_ms_per_order": each} for each in (8.0, 9.0)]
    case = CaseResult("mobile", "mobile plan", rounds, CASES["mobile"].goals)

    rows = [row_of(case, figure) for figure in CASES["mobile"].shown]

    assert rows == [
        ("mobile plan", "orders_per_s", "50", "50 to 50", "", ""),
        ("mobile plan", "cpu_ms_per_order", "8.5", "8 to 9", "", ""),
    ]
    assert missed_goals(case) == []
