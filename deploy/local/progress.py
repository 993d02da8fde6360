"""Show the progress of long tasks: one changing line on a terminal, few lines elsewhere."""

import shutil
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

ReportLine = Callable[[str], None]
"""Receives the last output line of a program."""

_status_lines: dict[str, str] = {}
_write_lock = threading.Lock()


@contextmanager
def show_progress(task: str) -> Iterator[ReportLine]:
    """Show that a task is in progress until the block ends; several may be at once."""
    since = time.monotonic()

    def report(line: str) -> None:
        if line[:1].isalnum() and not line.startswith("WARNING"):
            _status_lines[task] = f"{task}: {line}"
            _draw()

    _status_lines[task] = task
    _draw()
    if not sys.stderr.isatty():
        _write(task)
    try:
        yield report
    finally:
        del _status_lines[task]
        _draw()
    _write(f"{task}: done in {time.monotonic() - since:.0f} s")


def _write(text: str) -> None:
    """Write a permanent line."""
    with _write_lock:
        start = "\r\x1b[K" if sys.stderr.isatty() else ""
        sys.stderr.write(f"{start}kaitong: {text}\n")


def _draw() -> None:
    """Overwrite the status line with the current status of all tasks."""
    if sys.stderr.isatty():
        with _write_lock:
            room = shutil.get_terminal_size().columns - len("kaitong: ")
            share = room // max(len(_status_lines), 1) - len(" · ")
            text = " · ".join(status[:share] for status in _status_lines.values())
            sys.stderr.write(f"\r\x1b[Kkaitong: {text}" if text else "\r\x1b[K")
            sys.stderr.flush()
