"""Start, find and end processes of this machine."""

import contextlib
import os
import pwd
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psutil

from deploy.local.errors import last_output_line

EXEC_CHILD = Path(__file__).with_name("exec_child.py")

SPAWN_THREAD = ThreadPoolExecutor(1, "spawn")
"""Starts all children: Linux sends the parent-death signal when the thread that started the
child ends, and this one lives as long as the process."""

PARENT_DEATH_SIGNAL = signal.SIGKILL
"""Default signal for a child when its parent has ended."""


def spawn(  # noqa: PLR0913  each is a different property of a process
    command: Sequence[str | Path],
    log: Path,
    *,
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
    user: pwd.struct_passwd | None = None,
    orphan_signal: int = PARENT_DEATH_SIGNAL,
    stdin: socket.socket | None = None,
) -> psutil.Popen:
    """Start `command` in a session of its own, its output appended to `log`.

    Args:
        command: An absolute path and its arguments.
        log: Made if it does not exist.
        environment: The complete environment; None to inherit this process's.
        folder: The working folder.
        user: The user that root switches to.
        orphan_signal: Sent when this process ends first; 0 lets the child outlive it.
        stdin: Its standard input; None for an empty one.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        return SPAWN_THREAD.submit(
            psutil.Popen,
            child_command_line(command, user, orphan_signal),
            stdin=stdin.fileno() if stdin else subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=folder,
            env=environment,
            start_new_session=True,
        ).result()


def run_and_return_failure(
    command: Sequence[str | Path],
    environment: Mapping[str, str],
    *,
    folder: Path | None = None,
    user: pwd.struct_passwd | None = None,
) -> str | None:
    """Run `command` to its end; return its last output line if it failed, else None."""
    done = subprocess.run(
        child_command_line(command, user, PARENT_DEATH_SIGNAL),
        capture_output=True,
        text=True,
        errors="replace",
        env=environment,
        cwd=folder,
        start_new_session=True,
        check=False,
    )
    return last_output_line(done.stdout + done.stderr) if done.returncode else None


def child_command_line(
    command: Sequence[str | Path], user: pwd.struct_passwd | None, orphan_signal: int
) -> list[str]:
    """Return the command line of exec_child.py that executes `command`."""
    uid, gid = (user.pw_uid, user.pw_gid) if user else (-1, -1)
    options = [str(number) for number in (os.getpid(), int(orphan_signal), uid, gid)]
    return [sys.executable, "-I", "-S", str(EXEC_CHILD), *options, *map(str, command)]


def end(process: psutil.Process, number: int, timeout_s: float) -> None:
    """Send a signal and wait; kill a process that still runs after `timeout_s` seconds.

    It does not wait until the process is reaped: a hanging parent would not reap it.
    """
    with contextlib.suppress(psutil.NoSuchProcess):
        process.send_signal(number)
    if not ends_within(process, timeout_s):
        kill_all([process])


def ends_within(process: psutil.Process, timeout_s: float) -> bool:
    """Wait until a process has ended, reaped or not; return False after `timeout_s` seconds."""
    deadline = time.monotonic() + timeout_s
    while is_alive(process):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def exit_code(process: psutil.Process, timeout_s: float) -> int | None:
    """Return the exit code of a process that is ending; None if it is not known in time."""
    with contextlib.suppress(psutil.Error, subprocess.TimeoutExpired):
        return process.wait(timeout_s)
    return None


def is_alive(process: psutil.Process) -> bool:
    """Tell whether a process runs; one that only waits to be reaped does not.

    After its first thread has ended, a process has the same status while its other threads
    still hold its ports and locks: it counts as running.
    """
    if isinstance(process, psutil.Popen):
        return process.poll() is None
    with contextlib.suppress(psutil.NoSuchProcess):
        is_reapable = process.status() == psutil.STATUS_ZOMBIE and process.num_threads() <= 1
        return process.is_running() and not is_reapable
    return False


def is_running(engine: object) -> bool:
    """Tell whether an engine has been started, and its process runs."""
    server = getattr(engine, "server", None)
    return server is not None and is_alive(server)


def kill_all(processes: Iterable[psutil.Process]) -> None:
    """Kill with -9 and wait until all have ended."""
    targets = list(processes)
    for process in targets:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    while any(map(is_alive, targets)):
        time.sleep(0.005)


def processes_with_cwd(folder: Path) -> list[psutil.Process]:
    """Return the processes whose working folder is this one."""
    return [process for process, cwd in all_processes("cwd") if cwd == str(folder)]


def all_processes(attribute: str) -> Iterator[tuple[psutil.Process, Any]]:
    """Yield each process of this machine with one attribute, None if it may not be read.

    It does not use `info` of `psutil.process_iter`: all threads share it, and a thread that
    reads another attribute would overwrite this one.
    """
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.NoSuchProcess):
            yield process, process.as_dict([attribute])[attribute]


def last_line(log: Path) -> str:
    """Return the last non-empty line of a log, for an error's text."""
    return last_output_line(log.read_text(errors="replace") if log.exists() else "")


def describe_exit(code: int | None) -> str:
    """Return an exit code in words."""
    if code is None:
        return "exit code unknown"
    if code >= 0:
        return f"exit code {code}"
    names = {each.value: each.name for each in signal.Signals}
    return f"killed by {names.get(-code, f'signal {-code}')}"
