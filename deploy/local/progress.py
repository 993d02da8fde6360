"""Show a person what takes its time: a line that changes on a terminal, few lines elsewhere."""

import shutil
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Tell = Callable[[str], None]
"""Takes what a program just said about its work."""

_news: dict[str, str] = {}
_pen = threading.Lock()


@contextmanager
def showing(what: str) -> Iterator[Tell]:
    """Show that this goes on until the block ends; several may go on at once."""
    since = time.monotonic()

    def tell(line: str) -> None:
        if line[:1].isalnum() and not line.startswith("WARNING"):
            _news[what] = f"{what}: {line}"
            _draw()

    _news[what] = what
    _draw()
    if not sys.stderr.isatty():
        _write(what)
    try:
        yield tell
    finally:
        del _news[what]
        _draw()
    _write(f"{what}: done in {time.monotonic() - since:.0f} s")


def _write(text: str) -> None:
    """Write a line that stays."""
    with _pen:
        start = "\r\x1b[K" if sys.stderr.isatty() else ""
        sys.stderr.write(f"{start}kaitong: {text}\n")


def _draw() -> None:
    """Write all news over the line that showed the last ones."""
    if sys.stderr.isatty():
        with _pen:
            room = shutil.get_terminal_size().columns - len("kaitong: ")
            share = room // max(len(_news), 1) - len(" · ")
            text = " · ".join(news[:share] for news in _news.values())
            sys.stderr.write(f"\r\x1b[Kkaitong: {text}" if text else "\r\x1b[K")
            sys.stderr.flush()
