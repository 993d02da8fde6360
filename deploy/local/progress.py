"""Show a person what takes its time: a line that changes on a terminal, few lines elsewhere."""

import shutil
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

ReportLine = Callable[[str], None]
"""Takes what a program just said about its work."""

_status_lines: dict[str, str] = {}
_write_lock = threading.Lock()


@contextmanager
def show_progress(what: str) -> Iterator[ReportLine]:
    """Show that this goes on until the block ends; several may go on at once."""
    since = time.monotonic()

    def report(line: str) -> None:
        if line[:1].isalnum() and not line.startswith("WARNING"):
            _status_lines[what] = f"{what}: {line}"
            _draw()

    _status_lines[what] = what
    _draw()
    if not sys.stderr.isatty():
        _write(what)
    try:
        yield report
    finally:
        del _status_lines[what]
        _draw()
    _write(f"{what}: done in {time.monotonic() - since:.0f} s")


def _write(text: str) -> None:
    """Write a line that stays."""
    with _write_lock:
        start = "\r\x1b[K" if sys.stderr.isatty() else ""
        sys.stderr.write(f"{start}kaitong: {text}\n")


def _draw() -> None:
    """Write all news over the line that showed the last ones."""
    if sys.stderr.isatty():
        with _write_lock:
            room = shutil.get_terminal_size().columns - len("kaitong: ")
            share = room // max(len(_status_lines), 1) - len(" · ")
            text = " · ".join(news[:share] for news in _status_lines.values())
            sys.stderr.write(f"\r\x1b[Kkaitong: {text}" if text else "\r\x1b[K")
            sys.stderr.flush()
