"""Processes that hang: they are suspended, and neither answer nor end."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from tests.deploy.waiting import until


def suspend(process: psutil.Process | psutil.Popen) -> None:
    """Suspend a process; return when none of its threads runs any more.

    The signal reaches one thread, which stops the others when it is scheduled: until then, tens of
    milliseconds on a busy machine, they go on and may answer.
    """
    process.suspend()
    until(lambda: thread_states(process.pid) <= {"T"}, f"process {process.pid} is suspended")


def thread_states(pid: int) -> set[str]:
    """Return the states of a process's threads, T where suspended; none if it has ended."""
    found = set()
    for each in Path(f"/proc/{pid}/task").glob("*/stat"):
        try:
            found.add(each.read_text().rpartition(")")[2].split()[0])
        except (FileNotFoundError, ProcessLookupError):  # the thread has ended
            continue
    return found - {"Z", "X"}


@contextmanager
def suspended(process: psutil.Process | psutil.Popen) -> Iterator[Callable[[], None]]:
    """Suspend a process until the block ends, or until the yielded function is called."""
    suspend(process)
    try:
        yield process.resume
    finally:
        process.resume()
