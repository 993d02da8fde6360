"""Wait on a condition, never for luck."""

import time
from collections.abc import Callable

import psutil

TIMEOUT_S = 60.0


def until(holds: Callable[[], object], what: str) -> None:
    """Return as soon as it holds; fail when it does not in time."""
    deadline = time.monotonic() + TIMEOUT_S
    while not holds():
        assert time.monotonic() < deadline, f"not in {TIMEOUT_S:.0f} s: {what}"
        time.sleep(0.02)


def has_ended(pid: int) -> bool:
    """Tell whether a process has ended; one that nobody has reaped yet has."""
    try:
        return bool(psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return True


def runs_program(pid: int, program: str) -> bool:
    """Tell whether a process is past its leash and runs the program it was started for."""
    return bool(psutil.Process(pid).name() == program)
