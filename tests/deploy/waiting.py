"""Waiting for conditions in the tests of the local stack."""

import time
from collections.abc import Callable

import psutil

TIMEOUT_S = 60.0


def until(holds: Callable[[], object], what: str) -> None:
    """Wait until a condition holds; fail if it does not in time."""
    deadline = time.monotonic() + TIMEOUT_S
    while not holds():
        assert time.monotonic() < deadline, f"not in {TIMEOUT_S:.0f} s: {what}"
        time.sleep(0.02)


def has_ended(pid: int) -> bool:
    """Tell whether a process has ended; a zombie counts as ended."""
    try:
        return bool(psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return True


def runs_program(pid: int, program: str) -> bool:
    """Tell whether a process already runs the program it was started for."""
    return bool(psutil.Process(pid).name() == program)
