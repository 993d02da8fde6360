"""Rotation of log files that have grown too large."""

import contextlib
import shutil
from pathlib import Path

MAX_BYTES = 32 * 1024 * 1024
"""Size in bytes from which on a log is rotated."""

MAX_PARTS = 3
"""Number of older parts that are kept: `order.1.log` is the newest."""


def rotate_if_large(log: Path) -> None:
    """Truncate a log that has grown too large; its content becomes its newest part.

    The writer has opened it for appending, and continues at its new beginning. Lines written
    between the last copy and the truncation are lost; a crash may leave some lines twice. On
    a full disk the log stays unchanged.
    """
    with contextlib.suppress(OSError):
        if log.stat().st_size >= MAX_BYTES:
            copy_and_truncate(log, log.with_suffix(".half"))


def copy_and_truncate(log: Path, half: Path) -> None:
    """Move the content of a log to its newest part, through a temporary file."""
    with log.open("r+b", 0) as source, half.open("wb", 0) as copy:
        half.chmod(0o600)
        shutil.copyfileobj(source, copy)
        shift_parts(log)
        half.replace(part_path(log, 1))
        shutil.copyfileobj(source, copy)  # what was written meanwhile
        source.truncate(0)


def shift_parts(log: Path) -> None:
    """Give each part the next number; the oldest is overwritten."""
    for number in range(MAX_PARTS - 1, 0, -1):
        if part_path(log, number).exists():
            part_path(log, number).replace(part_path(log, number + 1))


def part_path(log: Path, number: int) -> Path:
    """Return the path of an older part of a log."""
    return log.with_suffix(f".{number}{log.suffix}")
