"""Log files that do not grow for ever."""

import contextlib
import shutil
from pathlib import Path

MAX_BYTES = 32 * 1024 * 1024
"""Bytes from which on a log is cut."""

MAX_PARTS = 3
"""Older parts that are kept beside it: `order.1.log` is the youngest."""


def rotate(log: Path) -> None:
    """Let a log that has grown too large begin anew; what it held becomes its youngest part.

    Whoever writes it has opened it for appending, and goes on at its new beginning. What
    is written in the instant between the last look and the cut is lost; a crash leaves
    some of it twice. On a full disk the log stays as it is.
    """
    with contextlib.suppress(OSError):
        if log.stat().st_size >= MAX_BYTES:
            copy_and_truncate(log, log.with_suffix(".half"))


def copy_and_truncate(log: Path, half: Path) -> None:
    """Move all that a log holds to its youngest part, by way of another file."""
    with log.open("r+b", 0) as source, half.open("wb", 0) as copy:
        half.chmod(0o600)
        shutil.copyfileobj(source, copy)
        shift_parts(log)
        half.replace(part_path(log, 1))
        shutil.copyfileobj(source, copy)  # what was written meanwhile
        source.truncate(0)


def shift_parts(log: Path) -> None:
    """Give each part the next number; the oldest is forgotten."""
    for number in range(MAX_PARTS - 1, 0, -1):
        if part_path(log, number).exists():
            part_path(log, number).replace(part_path(log, number + 1))


def part_path(log: Path, number: int) -> Path:
    """Return where an older part of a log lies."""
    return log.with_suffix(f".{number}{log.suffix}")
