"""A process that the fork server forks is like any other."""

import json
import resource
import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from deploy.local import fork_server_client, process
from deploy.local.errors import StartError
from deploy.local.fork_server_client import ForkConnection, ForkServerClient, modules_of
from deploy.local.process_environment import environment_without_settings
from deploy.local.stack_record import SERVICES
from shared.runtime.preload import LATE_MODULES
from tests.deploy.waiting import TIMEOUT_S, has_ended, until
from tests.suspension import suspend

STATE = "tests.deploy.print_state"
SLEEPER = "tests.deploy.sleeper"
FILES = 6
"""Open files of a fork server without forks: the standard three, and three sockets."""


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ForkServerClient]:
    """The running fork server of a whole stack."""
    log = tmp_path_factory.mktemp("template") / "template.log"
    found = ForkServerClient(log, modules_of(SERVICES))
    found.start()
    yield found
    found.stop()
    found.close()


def status_of(
    template: ForkServerClient, folder: Path, *words: str, log: Path | None = None
) -> int | None:
    """Run a module to its end."""
    return template.spawn(words, log or folder / "log", {}, folder).wait(
        fork_server_client.START_TIMEOUT_S
    )


def by_python(log: Path, folder: Path, *words: str) -> int | None:
    """Run a module to its end as `python -m` does."""
    command = [sys.executable, "-P", "-m", *words]
    environment = environment_without_settings()
    return process.spawn(command, log, environment=environment, folder=folder).wait(TIMEOUT_S)


def state_in(log: Path) -> dict[str, Any]:
    """Return the state that a process has printed."""
    return dict(json.loads(log.read_text().splitlines()[0]))


def test_what_is_forked_has_its_own_words_environment_folder_session_and_log(
    template: ForkServerClient, tmp_path: Path
) -> None:
    child = template.spawn([STATE, "3"], tmp_path / "log", {"ONLY": "this"}, tmp_path)

    assert child.wait(fork_server_client.START_TIMEOUT_S) == 3

    state = state_in(tmp_path / "log")
    assert (state["words"], state["environment"]) == (["3"], {"ONLY": "this"})
    assert (state["folder"], state["session"], state["pid"]) == (
        str(tmp_path),
        child.pid,
        child.pid,
    )
    assert (tmp_path / "log").read_text().splitlines()[1:] == ["loud"]


def test_what_is_forked_has_the_signals_and_open_files_of_a_process_by_python(
    template: ForkServerClient, tmp_path: Path
) -> None:
    running = template.spawn([SLEEPER], tmp_path / "other", {}, tmp_path)

    assert status_of(template, tmp_path, STATE, "0", log=tmp_path / "forked") == 0
    assert by_python(tmp_path / "usual", tmp_path, STATE, "0") == 0

    forked, usual = state_in(tmp_path / "forked"), state_in(tmp_path / "usual")
    for each in ("signals", "masks", "files"):
        assert forked[each] == usual[each]
    running.kill()


def test_a_closed_connection_does_not_end_a_forked_process(
    template: ForkServerClient, tmp_path: Path
) -> None:
    assert status_of(template, tmp_path, "tests.deploy.closed_socket") == 0


def test_a_full_disk_changes_the_exit_status_as_it_does_by_python(
    template: ForkServerClient, tmp_path: Path
) -> None:
    full = Path("/dev/full")

    for words in ((STATE, "78"), ("tests.deploy.unflushed", "78")):
        assert status_of(template, tmp_path, *words, log=full) == by_python(full, tmp_path, *words)


def test_threads_and_what_runs_at_exit_are_not_cut_short(
    template: ForkServerClient, tmp_path: Path
) -> None:
    assert status_of(template, tmp_path, "tests.deploy.late_output") == 0
    assert (tmp_path / "log").read_text().splitlines() == ["thread", "at exit"]


def test_the_code_of_the_services_is_loaded_and_that_of_the_command_line_is_not(
    template: ForkServerClient, tmp_path: Path
) -> None:
    status_of(template, tmp_path, STATE, "0")

    modules = state_in(tmp_path / "log")["modules"]
    assert {"shared.runtime.run", *LATE_MODULES, "services.order.app"} <= set(modules)
    assert "rich" not in modules
    assert "services.console" not in modules


def test_a_service_is_the_same_with_the_others_loaded(
    template: ForkServerClient, tmp_path: Path
) -> None:
    alone = ForkServerClient(tmp_path / "template.log", modules_of(()))
    alone.start()
    try:
        for service in SERVICES:
            for each, log in ((template, "with the others"), (alone, "alone")):
                words = ("tests.deploy.print_service", service)
                assert status_of(each, tmp_path, *words, log=tmp_path / log) == 0
    finally:
        alone.stop()
        alone.close()

    assert (tmp_path / "with the others").read_text() == (tmp_path / "alone").read_text()


def test_no_setting_of_the_supervisor_is_seen_in_what_is_forked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`/proc/PID/environ` always shows the environment that a process was started with."""
    monkeypatch.setenv("KAITONG_DATABASE_CUSTOMER", "postgresql://secret")
    own_fork_server = ForkServerClient(tmp_path / "template.log", ())

    child = own_fork_server.spawn([SLEEPER], tmp_path / "log", {}, tmp_path)

    assert b"KAITONG_" not in Path(f"/proc/{child.pid}/environ").read_bytes()
    own_fork_server.stop()
    own_fork_server.close()


def test_what_is_killed_is_seen_to_have_been_killed(
    template: ForkServerClient, tmp_path: Path
) -> None:
    child = template.spawn([SLEEPER], tmp_path / "log", {}, tmp_path)

    child.send_signal(signal.SIGKILL)

    assert child.wait(fork_server_client.START_TIMEOUT_S) == -signal.SIGKILL


def test_a_process_that_is_gone_is_still_known_by_its_start_and_its_status(
    template: ForkServerClient, tmp_path: Path
) -> None:
    child = template.spawn(["tests.deploy.unflushed", "78"], tmp_path / "log", {}, tmp_path)
    until(lambda: not child.is_running(), "it ends")

    assert child.create_time() > 0
    assert child.wait(fork_server_client.START_TIMEOUT_S) == 78


def test_reports_that_arrive_together_are_read_one_by_one() -> None:
    connection = ForkConnection()
    connection.server_end.send(b'{"pid": 7}\n{"status": 78}\n')

    assert connection.report(TIMEOUT_S) == {"pid": 7}
    assert connection.report(TIMEOUT_S) == {"status": 78}
    connection.close()


def test_what_is_forked_ends_with_the_template_which_is_started_for_the_next(
    own_fork_server: ForkServerClient, tmp_path: Path
) -> None:
    first = own_fork_server.spawn([SLEEPER], tmp_path / "log", {}, tmp_path)
    own_fork_server.server.kill()
    own_fork_server.server.wait()
    until(lambda: has_ended(first.pid), "it ends too")
    assert first.wait(TIMEOUT_S) is None

    assert status_of(own_fork_server, tmp_path, STATE, "0") == 0


def test_a_template_ends_when_its_supervisor_closes_the_socket(tmp_path: Path) -> None:
    own_fork_server = ForkServerClient(tmp_path / "template.log", ())
    own_fork_server.start()

    own_fork_server.close()

    assert own_fork_server.server.wait(TIMEOUT_S) == 0


def test_code_that_cannot_be_loaded_is_reported(tmp_path: Path) -> None:
    broken = ForkServerClient(tmp_path / "template.log", ("no_such_module",))

    with pytest.raises(StartError, match="No module named 'no_such_module'"):
        broken.spawn([STATE, "0"], tmp_path / "log", {}, tmp_path)

    broken.close()


@pytest.mark.parametrize("room", [0, 1, 2])
def test_a_template_that_can_open_no_files_refuses_one_request_and_continues(
    own_fork_server: ForkServerClient, tmp_path: Path, room: int
) -> None:
    """It can open only `room` of the three files of a request."""
    first = own_fork_server.spawn([SLEEPER], tmp_path / "log", {}, tmp_path)
    usual = resource.prlimit(own_fork_server.server.pid, resource.RLIMIT_NOFILE)
    until(
        lambda: own_fork_server.server.num_fds() == FILES + 1,
        "it keeps one file for what it has forked",
    )
    resource.prlimit(
        own_fork_server.server.pid, resource.RLIMIT_NOFILE, (FILES + 1 + room, usual[1])
    )

    with pytest.raises(StartError, match="Too many open files"):
        own_fork_server.spawn([SLEEPER], tmp_path / "log", {}, tmp_path)

    resource.prlimit(own_fork_server.server.pid, resource.RLIMIT_NOFILE, usual)
    assert status_of(own_fork_server, tmp_path, "tests.deploy.closed_socket") == 0
    assert process.is_alive(first)
    until(lambda: own_fork_server.server.num_fds() == FILES + 1, "it has closed what it got")


def test_a_machine_without_room_for_a_process_refuses_one_request_and_the_template_continues(
    tmp_path: Path,
) -> None:
    own_fork_server = ForkServerClient(tmp_path / "template.log", ("tests.deploy.refused_fork",))

    with pytest.raises(StartError, match="Resource temporarily unavailable"):
        own_fork_server.spawn([SLEEPER], tmp_path / "log", {}, tmp_path)

    assert status_of(own_fork_server, tmp_path, STATE, "0") == 0
    own_fork_server.stop()
    own_fork_server.close()


def test_a_request_that_timed_out_is_not_carried_out_later(
    own_fork_server: ForkServerClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert status_of(own_fork_server, tmp_path, STATE, "0") == 0
    suspend(own_fork_server.server)
    monkeypatch.setattr(fork_server_client, "START_TIMEOUT_S", 0.2)
    with pytest.raises(StartError, match="timed out"):
        own_fork_server.spawn([STATE, "0"], tmp_path / "vain", {}, tmp_path)
    monkeypatch.undo()

    own_fork_server.server.resume()

    assert status_of(own_fork_server, tmp_path, STATE, "0") == 0
    until(lambda: own_fork_server.server.children() == [], "all forks end")
    assert (tmp_path / "vain").read_text() == ""


def test_a_process_of_a_template_that_hangs_is_seen_to_end(
    own_fork_server: ForkServerClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fork_server_client, "STATUS_TIMEOUT_S", 0.2)
    child = own_fork_server.spawn([SLEEPER], tmp_path / "log", {}, tmp_path)
    suspend(own_fork_server.server)
    ending = threading.Thread(target=process.end, args=(child, signal.SIGTERM, 0.5), daemon=True)

    ending.start()

    ending.join(TIMEOUT_S)
    assert not ending.is_alive()
    assert child.status() == psutil.STATUS_ZOMBIE
    assert process.exit_code(child, TIMEOUT_S) is None
