"""A stack in the background: what `kaitong up`, `down` and `status` do.

Run as `python -m deploy.local.detached HOME` it is that background process.
"""

import os
import signal
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path
from types import FrameType

import psutil

from deploy.local import process, record
from deploy.local.errors import StartError
from deploy.local.existing import fetch_engines
from deploy.local.home import CHECKOUT
from deploy.local.stack import SERVICES, Stack
from deploy.local.surroundings import purge

STOP_PATIENCE = 90.0
"""Seconds that a stack has to stop before its supervisor is killed, and all with it."""


def up(home: Path) -> record.Record:
    """Start a stack that lives on when this process ends; return what runs when it is ready.

    Raises:
        StartError: It cannot start, or runs already; the text says what to do.
    """
    home = home.resolve()
    fetch_engines(SERVICES)
    command = [sys.executable, "-P", "-m", "deploy.local.detached", str(home)]
    log = home / "logs" / "supervisor.log"
    surroundings = dict(os.environ) | {"PYTHONPATH": str(CHECKOUT)}
    child = process.spawn(command, log, environment=surroundings, orphan_signal=0)
    try:
        return when_ready(home, child, log)
    except BaseException:
        process.end(child, signal.SIGTERM, STOP_PATIENCE)
        raise


def when_ready(home: Path, supervisor: psutil.Process, log: Path) -> record.Record:
    """Return the record of a stack that is being started, as soon as it is ready."""
    while process.is_alive(supervisor):
        last = record.read(home)
        if last and last.supervisor.pid == supervisor.pid and last.has_started:
            return last
        time.sleep(0.05)
    raise StartError(process.last_line(log))


def down(home: Path, *, forget: bool = False) -> bool:
    """Stop the stack of a home, and tell whether one was running.

    Args:
        home: Keeps all state.
        forget: True ends everything at once, and deletes the state too.
    """
    last = record.read(home)
    supervisor = last.supervisor.process if last and not last.is_over else None
    if supervisor and forget:
        process.kill_all([supervisor])  # and all that it started, with it
    elif supervisor:
        process.end(supervisor, signal.SIGTERM, STOP_PATIENCE)
    if last:
        process.kill_all(record.leftovers(record.read(home) or last))
    if forget:
        purge(home)
    return supervisor is not None


def look(home: Path) -> record.Record | None:
    """Return what runs in a home; `killed` is the state of a stack that could not say goodbye."""
    last = record.read(home)
    if last and not last.is_over and not last.supervisor.process:
        return replace(last, state="killed")
    return last


def main() -> int:
    """Run the stack until told to stop. Returns the exit code."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, leave)
    try:
        with Stack.start(Path(sys.argv[1])):
            threading.Event().wait()
    except StartError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def leave(_number: int, _frame: FrameType | None) -> None:
    """End the stack's block, once."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
    raise SystemExit(0)


if __name__ == "__main__":
    sys.exit(main())
