"""Stages of `kaitong test` that run together."""

import sys

import psutil
import pytest

from services.console.testing import Stage, run_in_parallel


def stage(name: str, code: str) -> Stage:
    """Return a stage that runs a line of Python."""
    return Stage(name, (sys.executable, "-c", code))


def test_stages_that_run_together_each_run_to_their_end() -> None:
    seconds: dict[str, float] = {}

    failed = run_in_parallel(
        (stage("types", ""), stage("tests", "import time; time.sleep(1)")), seconds
    )

    assert (failed, set(seconds)) == ("", {"types", "tests"})
    assert seconds["tests"] >= 1.0


def test_the_stage_that_failed_is_named_and_the_other_is_not_cut_short() -> None:
    seconds: dict[str, float] = {}
    fails, goes_on = stage("types", "raise SystemExit(1)"), stage("tests", "print('whole')")

    assert run_in_parallel((fails, goes_on), seconds) == "types"
    assert set(seconds) == {"types", "tests"}


def test_an_interrupt_leaves_no_stage_running(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(_: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("services.console.testing.time.sleep", interrupted)

    with pytest.raises(KeyboardInterrupt):
        run_in_parallel((stage("tests", "import time; time.sleep(600)"),), {})

    assert [
        each for each in psutil.Process().children() if "time.sleep(600)" in each.cmdline()
    ] == []
