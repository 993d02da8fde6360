"""A stack in the background: a start that fails reports why."""

import shutil
import socket
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from deploy.local import detached, stack_record
from deploy.local.errors import StartError
from deploy.local.existing_engines import KAFKA, database_setting_name
from deploy.local.stack_record import SERVICES
from tests.deploy.waiting import has_ended, until


class Start:
    """A start that waits for a database that does not answer."""

    def __init__(self, home: Path, pool: ThreadPoolExecutor) -> None:
        self.home = home
        self.outcome: Future[stack_record.StackRecord] = pool.submit(detached.up, home)
        until(self.has_begun, "it begins")

    def has_begun(self) -> bool:
        """Tell whether the supervisor has started a process already."""
        last = stack_record.read(self.home)
        return bool(last and last.lines)

    @property
    def supervisor(self) -> psutil.Process:
        """The supervisor's process."""
        found = stack_record.supervisor_of(self.home)
        assert found is not None
        return found

    @property
    def error(self) -> str:
        """Why the start failed."""
        return str(self.outcome.exception(20))


@pytest.fixture
def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    """A start that is under way, on a home in which others have run before."""
    home = tmp_path / "home"
    (home / "logs").mkdir(parents=True)
    (home / "logs" / "supervisor.log").write_text("yesterday's trouble\n")
    with socket.create_server(("127.0.0.1", 0)) as silent, ThreadPoolExecutor() as pool:
        address = f"127.0.0.1:{silent.getsockname()[1]}"
        monkeypatch.setenv(KAFKA, address)
        for service in SERVICES:
            monkeypatch.setenv(
                database_setting_name(service), f"postgresql://nobody:none@{address}/none"
            )
        started = Start(home, pool)
        yield started
        detached.down(home, delete_state=True)


def test_a_start_whose_supervisor_is_killed_says_so_and_repeats_no_old_log(start: Start) -> None:
    start.supervisor.kill()

    log = start.home / "logs" / "supervisor.log"
    assert start.error == (
        f"the start was interrupted (killed by SIGKILL); try again, or see {log}"
    )


def test_a_start_that_is_stopped_says_so(start: Start) -> None:
    assert detached.down(start.home)

    assert start.error == "Kaitong was stopped before it was ready; start it with `kaitong up`"
    seen = stack_record.current_record(start.home)
    assert seen is not None
    assert seen.state == "stopped"


def test_a_stack_whose_files_were_deleted_is_seen_and_can_be_stopped(start: Start) -> None:
    supervisor = start.supervisor
    gone_home = start.home.rename(start.home.with_name("deleted"))
    shutil.rmtree(gone_home, ignore_errors=True)  # which the supervisor may still write to

    seen = stack_record.current_record(start.home)
    assert seen is not None
    assert (seen.state, seen.supervisor.pid) == ("lost", supervisor.pid)
    with pytest.raises(StartError, match="its files are gone; stop it with `kaitong down`"):
        detached.up(start.home)

    assert detached.down(start.home)
    assert has_ended(supervisor.pid)


def test_a_stack_that_is_down_is_not_stopped_again(start: Start) -> None:
    detached.down(start.home)

    assert not detached.down(start.home)


def test_half_a_record_is_none(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    stack_record.record_path(tmp_path).write_text('{"state": "rea')

    assert stack_record.current_record(tmp_path) is None
