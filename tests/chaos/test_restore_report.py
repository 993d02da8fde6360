"""The report of restores says by itself what was asked for and not reached."""

from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest

from tests.chaos.asked import Asked
from tests.chaos.mixed import MixedTraffic
from tests.chaos.outcomes import Outcome, Restore, Restored
from tests.chaos.restore_report import Report
from tests.chaos.traffic import Answer, First, Traffic
from tests.flows.site import Site

LOST_S = 10


@pytest.fixture
def asked(tmp_path: Path) -> Asked:
    """What is asked for: five orders a second, and a report."""
    return replace(Asked.of({}), per_second=5.0, report=tmp_path / "report.md")


def an_outcome(accepted: int) -> Outcome:
    """Return an outcome of one restore, in whose lost time so many orders were accepted."""
    answers = [Answer(None, b"", 100 + n / 1000) for n in range(accepted)]
    first = [First(100.0, 0.25)]
    traffic = Traffic(cast("Site", None), [], answers=answers, first=first, busy=[99.0])
    restored = Restored(Restore("order", 0, 9.5), 100, 100 + LOST_S, None)
    return Outcome([restored], cast("MixedTraffic", traffic), [])


@pytest.mark.parametrize(
    ("a_second", "is_reached"), [(5.0, True), (4.8, True), (4.7, False), (1.0, False)]
)
def test_a_rate_that_was_not_reached_is_said_with_how_busy_the_machine_was(
    asked: Asked, a_second: float, *, is_reached: bool
) -> None:
    outcome = an_outcome(round(a_second * LOST_S))
    report = Report(asked, "Restores", "tests", [(outcome, outcome.restored[0])])

    lines = "\n".join(report.close())

    assert f"median {a_second}/s, least {a_second}/s" in lines
    assert "5 orders/s asked for, each posted 0.2 s late at most" in lines
    assert ("not reached" not in lines) is is_reached
    assert ("busy to 99 %" not in lines) is is_reached
