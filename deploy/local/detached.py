"""A stack in the background, for `kaitong up`, `down` and `status`.

`python -m deploy.local.detached HOME` runs that background process, the supervisor.
"""

import os
import signal
import sys
import threading
import time
from pathlib import Path
from types import FrameType

import psutil

from deploy.local import process, stack_record
from deploy.local.errors import StartError, last_output_line
from deploy.local.existing_engines import configured_engine_addresses, fetch_engines
from deploy.local.home import CHECKOUT
from deploy.local.process import describe_exit
from deploy.local.process_environment import purge, secrets_needed_elsewhere
from deploy.local.stack import Stack
from deploy.local.stack_record import SERVICES

FAILED = 1
"""Exit code of a supervisor that could not start, and has logged the reason."""

STOP_TIMEOUT_S = 90.0
"""Seconds for a stack to stop before its supervisor is killed, and all its processes with it."""


def up(home: Path) -> stack_record.StackRecord:
    """Start a stack that outlives this process; return its record when it is ready.

    Raises:
        StartError: It cannot start, or runs already; the text has the remedy.
    """
    home = home.resolve()
    if (found := stack_record.current_record(home)) and found.state == stack_record.LOST:
        message = f"Kaitong runs in {home}, but its files are gone; stop it with `kaitong down`"
        raise StartError(message)
    fetch_engines(SERVICES)
    command = [sys.executable, "-P", "-m", stack_record.SUPERVISOR_MODULE, str(home)]
    log = home / "logs" / "supervisor.log"
    before = log.stat().st_size if log.exists() else 0
    environment = dict(os.environ) | {"PYTHONPATH": str(CHECKOUT)}
    child = process.spawn(command, log, environment=environment, orphan_signal=0)
    try:
        return wait_until_started(home, child, log, before)
    except BaseException:
        process.end(child, signal.SIGTERM, STOP_TIMEOUT_S)
        raise


def wait_until_started(
    home: Path, supervisor: psutil.Process, log: Path, before: int
) -> stack_record.StackRecord:
    """Wait until a stack that is being started is ready; return its record.

    Raises:
        StartError: It ended instead.
    """
    while process.is_alive(supervisor):
        last = stack_record.read(home)
        if last and last.supervisor.pid == supervisor.pid and last.has_started:
            return last
        time.sleep(0.05)
    raise StartError(describe_start_failure(supervisor, log, before))


def describe_start_failure(supervisor: psutil.Process, log: Path, before: int) -> str:
    """Return why a start failed: the supervisor's last log line, or else its exit code.

    Args:
        supervisor: It has ended.
        log: The supervisor's log, which earlier supervisors have written too.
        before: The log's size in bytes before this start.
    """
    output = log.read_bytes()
    own = output[before:] if before <= len(output) else output
    match supervisor.wait():
        case 0:
            return "Kaitong was stopped before it was ready; start it with `kaitong up`"
        case code if code == FAILED and own.strip():
            return last_output_line(own.decode(errors="replace"))
        case code:
            return f"the start was interrupted ({describe_exit(code)}); try again, or see {log}"


def down(home: Path, *, delete_state: bool = False) -> bool:
    """Stop the stack of a home; return whether one was running.

    Args:
        home: The folder of all state.
        delete_state: True kills everything at once, and deletes the state too; not the data in
            engines elsewhere that settings name, nor the secrets that their databases need.
    """
    existing = existing_engine_addresses(home)
    last, supervisor = stack_record.read(home), stack_record.supervisor_of(home)
    if supervisor and delete_state:
        process.kill_all([supervisor])  # its children end with it
    elif supervisor:
        process.end(supervisor, signal.SIGTERM, STOP_TIMEOUT_S)
    if last:
        process.kill_all(stack_record.orphaned_processes(stack_record.read(home) or last))
    if delete_state:
        purge(home, {each.name for each in secrets_needed_elsewhere(home, existing)})
    return supervisor is not None


def existing_engine_addresses(home: Path) -> dict[str, str]:
    """Return the addresses of existing engines that a stack uses, by the setting that names them.

    If no stack has been started, or its files are gone, the current settings are used.
    """
    last = stack_record.read(home)
    return dict(last.existing) if last else configured_engine_addresses(SERVICES)


def main() -> int:
    """Run the stack until a signal stops it; return the exit code."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, exit_once)
    try:
        with Stack.start(Path(sys.argv[1])):
            threading.Event().wait()
    except StartError as error:
        sys.stderr.write(f"{error}\n")
        return FAILED
    return 0


def exit_once(_number: int, _frame: FrameType | None) -> None:
    """Leave the stack's `with` block; ignore further signals."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
    raise SystemExit(0)


if __name__ == "__main__":
    sys.exit(main())
