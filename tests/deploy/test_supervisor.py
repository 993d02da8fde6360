"""The supervisor keeps processes running."""

import errno
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.local import stack_record, supervisor
from deploy.local.home import CHECKOUT
from deploy.local.stack_record import (
    ProcessIdentity,
    ProcessRecord,
    StackRecord,
    identity_of,
    orphaned_processes,
)
from deploy.local.supervised_process import MAX_BACKOFF_S, SupervisedProcess
from deploy.local.supervisor import Program
from tests.deploy.recording_supervisor import SLEEPER, RecordingSupervisor
from tests.deploy.waiting import has_ended, runs_program, until

NO_THREAD = "can't start new thread"
IDLE = "while :; do sleep 0.02; done"


def test_a_killed_process_is_started_again_and_that_is_logged(
    supervision: RecordingSupervisor,
) -> None:
    program = supervision.program("sleeper", *SLEEPER)
    first = program.server.pid

    program.server.kill()

    until(lambda: supervision.has_logged("sleeper runs again"), "it runs again")
    assert supervision.has_logged("sleeper ended (killed by SIGKILL)")
    assert program.server.pid != first
    assert supervision.supervisor.processes[0].record.restarts == 1


def test_what_ends_again_and_again_is_started_again_and_again(
    supervision: RecordingSupervisor,
) -> None:
    supervision.program("hopeless", "/bin/sh", "-c", "echo no database; exit 3")
    until(lambda: supervision.supervisor.processes[0].restarts >= 3, "three starts")
    assert supervision.has_logged("hopeless ended (exit code 3); see ")


def test_a_process_that_refuses_its_settings_is_logged_once_and_left_alone(
    supervision: RecordingSupervisor,
) -> None:
    wrong = supervision.program(
        "wrong", "/bin/sh", "-c", "echo 'wrong: KAITONG_X is odd: fix it'; exit 78"
    )
    first = wrong.server.pid
    until(
        lambda: supervision.has_logged("wrong ended (cannot start: KAITONG_X is odd: fix it)"),
        "why",
    )

    supervision.program("hopeless", "/bin/sh", "-c", "exit 3")
    until(lambda: supervision.supervisor.processes[1].restarts >= 2, "another is started again")

    assert supervision.supervisor.processes[0].record.refuses
    assert (wrong.server.pid, supervision.supervisor.processes[0].restarts) == (first, 0)
    assert len([line for line in supervision.messages if "wrong" in line]) == 1


def test_what_loses_its_first_thread_before_the_others_is_started_again(
    supervision: RecordingSupervisor,
) -> None:
    leave = "ctypes.CDLL(None).syscall(60, 0)"  # exit(2): of the calling thread alone
    linger = "threading.Timer(0.5, lambda: os._exit(3)).start()"
    supervision.program(
        "slow", sys.executable, "-c", f"import ctypes, os, threading; {linger}; {leave}"
    )
    until(lambda: supervision.has_logged("slow ended (exit code 3); see "), "its end")
    until(lambda: supervision.supervisor.processes[0].restarts >= 2, "two starts")


def test_a_process_that_ends_soon_is_restarted_with_growing_pauses(tmp_path: Path) -> None:
    supervised = SupervisedProcess(
        "hopeless", Program(SLEEPER, {}, tmp_path / "log", tmp_path), 0, ""
    )
    pauses = [supervised.next_backoff_s() for _ in range(20)]
    assert pauses == sorted(pauses)
    assert pauses[0] < 1
    assert pauses[-1] == MAX_BACKOFF_S


def test_services_stop_before_the_engines_they_need(
    supervision: RecordingSupervisor, tmp_path: Path
) -> None:
    ends = tmp_path / "ends"
    for name, stage in (("engine", 0), ("service", 1)):
        ready = tmp_path / f"{name}.ready"
        script = (
            f"trap 'echo {name} >> {ends}; exit' TERM; touch {ready}; while :; do sleep 0.02; done"
        )
        supervision.program(name, "/bin/sh", "-c", script, stage=stage)
        until(ready.exists, f"{name} runs")

    supervision.supervisor.stop()

    assert ends.read_text().split() == ["service", "engine"]


def test_what_does_not_stop_is_killed(
    supervision: RecordingSupervisor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "STOP_TIMEOUT_S", 0.2)
    ready = tmp_path / "ready"
    script = f"trap '' TERM; touch {ready}; {IDLE}"
    program = supervision.program("stubborn", "/bin/sh", "-c", script)
    until(ready.exists, "it runs")

    supervision.supervisor.stop()

    assert has_ended(program.server.pid)


def test_a_start_that_the_machine_refuses_is_tried_again(
    supervision: RecordingSupervisor, tmp_path: Path
) -> None:
    program = supervision.program("sleeper", *SLEEPER)
    log, program.log = program.log, tmp_path  # nothing can be written there
    program.server.kill()
    until(
        lambda: supervision.has_logged("sleeper does not start, next try in "), "a start that fails"
    )

    program.log = log

    until(lambda: supervision.has_logged("sleeper runs again"), "it runs again")


def test_a_process_whose_end_cannot_be_handled_delays_no_other_restart(
    supervision: RecordingSupervisor, tmp_path: Path
) -> None:
    wrong = supervision.program("wrong", "/bin/sh", "-c", "sleep 1; echo 'wrong: fix it'; exit 78")
    sleeper = supervision.program("sleeper", *SLEEPER)
    log, wrong.log = wrong.log, tmp_path  # a folder: its last output cannot be read
    until(
        lambda: supervision.has_logged("wrong ended, and cannot be started again yet: "),
        "it is logged",
    )

    sleeper.server.kill()

    until(lambda: supervision.has_logged("sleeper runs again"), "another is started again")
    assert len([line for line in supervision.messages if "wrong" in line]) == 1
    wrong.log = log
    until(lambda: supervision.has_logged("wrong ended (cannot start: fix it)"), "it is tried again")
    assert supervision.supervisor.processes[0].record.refuses


def test_what_the_machine_has_no_thread_for_is_started_again_once_it_has(
    supervision: RecordingSupervisor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`submit` of a pool keeps a task for which it has no thread, so it would run twice."""
    program = supervision.program("sleeper", *SLEEPER)
    refused: list[str] = []
    start = threading.Thread.start

    def refuse_starters(thread: threading.Thread) -> None:
        if not thread.name.startswith("starter"):
            return start(thread)
        refused.append(thread.name)
        raise RuntimeError(NO_THREAD)

    monkeypatch.setattr(threading.Thread, "start", refuse_starters)
    program.server.kill()
    until(lambda: len(refused) >= 3, "it is tried again and again")
    monkeypatch.setattr(threading.Thread, "start", start)

    until(lambda: supervision.has_logged("sleeper runs again"), "it is started again")

    assert supervision.supervisor.processes[0].restarts == 1
    assert len([line for line in supervision.messages if NO_THREAD in line]) == 1


def test_a_supervisor_that_cannot_write_its_record_continues(
    supervision: RecordingSupervisor,
) -> None:
    program = supervision.program("sleeper", *SLEEPER)
    first = program.server.pid
    supervision.supervisor.on_change = supervision.supervisor.log_event = fail

    program.server.kill()

    until(lambda: program.server.pid != first, "it runs again")


def test_a_record_that_could_not_be_written_is_written_once_there_is_room(
    supervision: RecordingSupervisor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise `status` would show a restarted process as ended."""
    monkeypatch.setattr(supervisor, "ROTATE_EVERY", 1)
    program = supervision.program("sleeper", *SLEEPER)
    first = program.server.pid
    supervision.supervisor.on_change = fail
    program.server.kill()
    until(lambda: program.server.pid != first, "it runs again")
    until(lambda: supervision.has_logged("sleeper runs again"), "all was logged")
    written: list[str] = []

    supervision.supervisor.on_change = lambda: written.append("what runs")

    until(lambda: bool(written), "it is written down")


def fail(*_: object) -> None:
    """Fail like a full disk."""
    raise OSError(errno.ENOSPC, "No space left on device")


def starters() -> set[threading.Thread]:
    """Return the threads that restart processes; an idle one ends a moment after its pool."""
    return {it for it in threading.enumerate() if it.name.startswith("starter")}


def test_nothing_is_started_again_after_the_stop(supervision: RecordingSupervisor) -> None:
    of_others = starters()
    program = supervision.program("sleeper", *SLEEPER)
    program.server.kill()
    supervision.supervisor.stop()
    assert has_ended(program.server.pid)
    assert not supervision.supervisor.watch_thread.is_alive()
    until(lambda: starters() <= of_others, "no starter waits for anything more")


SUPERVISOR_SCRIPT = """
import sys, time
from pathlib import Path
from deploy.local.supervisor import Program, Supervisor
folder = Path(sys.argv[1])
supervisor = Supervisor(lambda: None, print)
for name in ("one", "two"):
    program = Program(("/bin/sleep", "600"), {}, folder / name, folder)
    program.start()
    supervisor.supervise(name, program, stage=0)
    print(program.server.pid, flush=True)
time.sleep(600)
"""


def test_a_supervisor_killed_with_9_leaves_nothing_behind(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", SUPERVISOR_SCRIPT, str(tmp_path)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=CHECKOUT,
    ) as supervisor_process:
        assert supervisor_process.stdout is not None
        pids = [int(supervisor_process.stdout.readline()) for _ in range(2)]
        until(lambda: all(runs_program(pid, "sleep") for pid in pids), "both run")
        supervisor_process.kill()
    until(lambda: all(map(has_ended, pids)), "its processes end")


@pytest.fixture
def sleepers() -> Iterator[list[int]]:
    """Two processes that do nothing, by their ids."""
    with subprocess.Popen(SLEEPER) as one, subprocess.Popen(SLEEPER) as other:
        yield [one.pid, other.pid]
        one.kill()
        other.kill()


def test_leftovers_are_known_by_pid_and_start_time(tmp_path: Path, sleepers: list[int]) -> None:
    mine, reused = map(identity_of, sleepers)
    other_process = ProcessIdentity(reused.pid, reused.started - 60)
    lines = (ProcessRecord("mine", mine, "log"), ProcessRecord("reused", other_process, "log"))
    (tmp_path / "run").mkdir()
    stack_record.write(tmp_path, StackRecord("ready", ProcessIdentity(1, 0.0), lines=lines))

    last = stack_record.read(tmp_path)

    assert last is not None
    assert [process.pid for process in orphaned_processes(last)] == [mine.pid]
