"""The day of a hand-over, in the time of the local network."""

from datetime import UTC, date, datetime, time, timedelta

from services.order.domain.local_time import local_day

FARTHEST_EAST = timedelta(hours=14)
FARTHEST_WEST = timedelta(hours=12)
"""No time zone is farther from UTC."""

SETTLING_TIME = timedelta(minutes=15)
"""How long after a day its last transactions may commit, also on clocks that differ."""


def is_over(local_network: str, day: date, now: datetime) -> bool:
    """Tell whether nothing more can be handed over on a day of a local network."""
    return local_day(local_network, now - SETTLING_TIME) > day


def day_before(local_network: str, now: datetime) -> date:
    """Return the day before today in a local network."""
    return local_day(local_network, now) - timedelta(days=1)


def bounds_anywhere(day: date) -> tuple[datetime, datetime]:
    """Return when a day begins where it begins first, and ends where it ends last.

    A day that was handed over stays the same when a time zone is changed.
    """
    midnight = datetime.combine(day, time(), UTC)
    return midnight - FARTHEST_EAST, midnight + timedelta(days=1) + FARTHEST_WEST
