"""One-off jobs run to their end, unless they are cancelled."""

import threading
from pathlib import Path
from typing import Any

import pytest

from deploy.local import fork_server_client
from deploy.local.errors import StartError
from deploy.local.fork_server_client import ForkServerClient
from deploy.local.one_off_jobs import OneOffJobs
from tests.deploy.waiting import TIMEOUT_S, until
from tests.suspension import suspend

SLEEPER = "tests.deploy.sleeper"


def test_cancelled_jobs_wait_for_no_template(
    own_fork_server: ForkServerClient, tmp_path: Path
) -> None:
    suspend(own_fork_server.server)
    jobs, ends = OneOffJobs(own_fork_server), []

    def finish() -> None:
        with pytest.raises(StartError, match="cancelled"):
            jobs.run([SLEEPER], tmp_path / "log", {}, tmp_path)
        ends.append(True)

    waiting = threading.Thread(target=finish, daemon=True)
    waiting.start()
    until(lambda: own_fork_server._waiting, "it was requested")  # noqa: SLF001

    jobs.cancel_and_refuse_new()

    waiting.join(TIMEOUT_S)
    assert ends == [True]


def test_running_jobs_are_ended_when_cancelled(
    own_fork_server: ForkServerClient, tmp_path: Path
) -> None:
    jobs, results = OneOffJobs(own_fork_server), []
    waiting = threading.Thread(
        target=lambda: results.append(jobs.run([SLEEPER], tmp_path / "log", {}, tmp_path))
    )
    waiting.start()
    until(lambda: jobs.running, "it runs")

    jobs.cancel_and_refuse_new()

    waiting.join(TIMEOUT_S)
    assert results == [False]


def test_a_job_that_starts_while_jobs_are_cancelled_is_ended(
    own_fork_server: ForkServerClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs, results, spawn = OneOffJobs(own_fork_server), [], own_fork_server.spawn

    def spawn_late(*how: Any) -> fork_server_client.ForkedProcess:
        job = spawn(*how)
        jobs.cancel_and_refuse_new()
        return job

    monkeypatch.setattr(own_fork_server, "spawn", spawn_late)

    waiting = threading.Thread(
        target=lambda: results.append(jobs.run([SLEEPER], tmp_path / "log", {}, tmp_path)),
        daemon=True,
    )
    waiting.start()

    waiting.join(TIMEOUT_S)
    assert results == [False]
