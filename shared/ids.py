"""Ids, made at the edge where a request comes in; nowhere else."""

import os
import time
from datetime import UTC, datetime
from uuid import UUID

VERSION_7 = 0x7 << 76
VARIANT = 0b10 << 62
LATEST_MS = 253_402_300_799_000
"""The last second that a `datetime` can hold."""


def time_ordered_id() -> UUID:
    """Return a fresh id that sorts after those made before (RFC 9562, version 7).

    48 bits of milliseconds, 12 bits of their fraction, 62 bits of chance: new rows
    go to the right edge of an index, and two processes never make the same.
    """
    milliseconds, nanoseconds = divmod(time.time_ns(), 1_000_000)
    fraction = (nanoseconds << 12) // 1_000_000
    chance = int.from_bytes(os.urandom(8)) >> 2
    return UUID(int=milliseconds << 80 | VERSION_7 | fraction << 64 | VARIANT | chance)


def made_at(id_: UUID) -> datetime | None:
    """Return when a time-ordered id was made, to the millisecond; None for other ids."""
    milliseconds = id_.int >> 80
    if id_.version != VERSION_7 >> 76 or milliseconds > LATEST_MS:
        return None
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
