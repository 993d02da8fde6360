"""Times in responses."""

from datetime import datetime
from typing import Annotated, TypeAlias

from pydantic import PlainSerializer

from shared.input.timestamps import in_utc


def format_utc(moment: datetime) -> str:
    """Format a time as in all responses: `2026-01-31T12:00:00.123Z`."""
    return in_utc(moment).isoformat(timespec="milliseconds").replace("+00:00", "Z")


UtcTimestamp: TypeAlias = Annotated[datetime, PlainSerializer(format_utc, return_type=str)]
"""A time, in UTC, to the millisecond."""
