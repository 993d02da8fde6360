"""The report of restores says which requested rate was not reached."""

from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest

from tests.chaos.long_run import LongRun
from tests.chaos.mixed_traffic import MixedTraffic
from tests.chaos.restore_report import RestoreReport
from tests.chaos.round_results import PlannedRestore, RestoreResult, RoundResult
from tests.chaos.traffic import AcceptedResponse, FirstPost, Traffic
from tests.flows.site import Site

LOST_S = 10


@pytest.fixture
def long_run(tmp_path: Path) -> LongRun:
    """The settings: five orders a second, and a report."""
    return replace(LongRun.of({}), per_second=5.0, report=tmp_path / "report.md")


def an_outcome(accepted: int) -> RoundResult:
    """Return the result of one restore with this number of orders accepted in the lost time."""
    answers = [AcceptedResponse(None, b"", 100 + n / 1000) for n in range(accepted)]
    first = [FirstPost(100.0, 0.25)]
    traffic = Traffic(
        cast("Site", None), [], answers=answers, first_posts=first, cpu_percent=[99.0]
    )
    restored = RestoreResult(PlannedRestore("order", 0, 9.5), 100, 100 + LOST_S, None)
    return RoundResult([restored], cast("MixedTraffic", traffic), [])


@pytest.mark.parametrize(
    ("per_second", "is_reached"), [(5.0, True), (4.8, True), (4.7, False), (1.0, False)]
)
def test_a_rate_that_was_not_reached_is_reported_with_the_load_of_the_machine(
    long_run: LongRun, per_second: float, *, is_reached: bool
) -> None:
    outcome = an_outcome(round(per_second * LOST_S))
    report = RestoreReport(long_run, "Restores", "tests", [(outcome, outcome.restored[0])])

    lines = "\n".join(report.close())

    assert f"median {per_second}/s, least {per_second}/s" in lines
    assert "5 orders/s asked for, each posted 0.2 s late at most" in lines
    assert ("not reached" not in lines) is is_reached
    assert ("busy to 99 %" not in lines) is is_reached
