"""Tools run to their end, unless they are given up."""

import threading
from pathlib import Path
from typing import Any

import pytest

from deploy.local import forks
from deploy.local.errors import StartError
from deploy.local.forks import Forks
from deploy.local.tools import Tools
from tests.deploy.waiting import TIMEOUT_S, until

SLEEPER = "tests.deploy.sleeper"


def test_tools_that_are_given_up_wait_for_no_template(own_template: Forks, tmp_path: Path) -> None:
    own_template.server.suspend()
    tools, ends = Tools(own_template), []

    def finish() -> None:
        with pytest.raises(StartError, match="given up"):
            tools.finish([SLEEPER], tmp_path / "log", {}, tmp_path)
        ends.append(True)

    waiting = threading.Thread(target=finish, daemon=True)
    waiting.start()
    until(lambda: own_template._waiting, "it has been asked for")  # noqa: SLF001

    tools.abandon()

    waiting.join(TIMEOUT_S)
    assert ends == [True]


def test_tools_that_run_are_ended_when_they_are_given_up(
    own_template: Forks, tmp_path: Path
) -> None:
    tools, results = Tools(own_template), []
    waiting = threading.Thread(
        target=lambda: results.append(tools.finish([SLEEPER], tmp_path / "log", {}, tmp_path))
    )
    waiting.start()
    until(lambda: tools.running, "it runs")

    tools.abandon()

    waiting.join(TIMEOUT_S)
    assert results == [False]


def test_a_tool_that_starts_while_they_are_given_up_is_ended(
    own_template: Forks, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tools, results, spawn = Tools(own_template), [], own_template.spawn

    def spawn_late(*how: Any) -> forks.Forked:
        tool = spawn(*how)
        tools.abandon()
        return tool

    monkeypatch.setattr(own_template, "spawn", spawn_late)

    waiting = threading.Thread(
        target=lambda: results.append(tools.finish([SLEEPER], tmp_path / "log", {}, tmp_path)),
        daemon=True,
    )
    waiting.start()

    waiting.join(TIMEOUT_S)
    assert results == [False]
