"""Tools run to their end, unless they are given up."""

import threading
from pathlib import Path
from typing import Any

import pytest

from deploy.local import fork_server
from deploy.local.errors import StartError
from deploy.local.fork_server import ForkServer
from deploy.local.one_off_jobs import OneOffJobs
from tests.deploy.waiting import TIMEOUT_S, until

SLEEPER = "tests.deploy.sleeper"


def test_tools_that_are_given_up_wait_for_no_template(
    own_fork_server: ForkServer, tmp_path: Path
) -> None:
    own_fork_server.server.suspend()
    tools, ends = OneOffJobs(own_fork_server), []

    def finish() -> None:
        with pytest.raises(StartError, match="given up"):
            tools.run([SLEEPER], tmp_path / "log", {}, tmp_path)
        ends.append(True)

    waiting = threading.Thread(target=finish, daemon=True)
    waiting.start()
    until(lambda: own_fork_server._waiting, "it has been asked for")  # noqa: SLF001

    tools.abandon()

    waiting.join(TIMEOUT_S)
    assert ends == [True]


def test_tools_that_run_are_ended_when_they_are_given_up(
    own_fork_server: ForkServer, tmp_path: Path
) -> None:
    tools, results = OneOffJobs(own_fork_server), []
    waiting = threading.Thread(
        target=lambda: results.append(tools.run([SLEEPER], tmp_path / "log", {}, tmp_path))
    )
    waiting.start()
    until(lambda: tools.running, "it runs")

    tools.abandon()

    waiting.join(TIMEOUT_S)
    assert results == [False]


def test_a_tool_that_starts_while_they_are_given_up_is_ended(
    own_fork_server: ForkServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tools, results, spawn = OneOffJobs(own_fork_server), [], own_fork_server.spawn

    def spawn_late(*how: Any) -> fork_server.ForkedProcess:
        tool = spawn(*how)
        tools.abandon()
        return tool

    monkeypatch.setattr(own_fork_server, "spawn", spawn_late)

    waiting = threading.Thread(
        target=lambda: results.append(tools.run([SLEEPER], tmp_path / "log", {}, tmp_path)),
        daemon=True,
    )
    waiting.start()

    waiting.join(TIMEOUT_S)
    assert results == [False]
