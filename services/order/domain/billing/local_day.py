"""The day of a hand-over, in the time of the local network.

The time zones are data: `services/order/data/time_zones.json`.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from types import MappingProxyType
from zoneinfo import ZoneInfo

import msgspec

ZONES_FILE = Path(__file__).parents[2] / "data/time_zones.json"

FARTHEST_EAST = timedelta(hours=14)
FARTHEST_WEST = timedelta(hours=12)
"""No time zone is farther from UTC."""

SETTLING_TIME = timedelta(minutes=15)
"""How long after a day its last transactions may commit, also on clocks that differ."""


class TimeZones(msgspec.Struct, frozen=True, kw_only=True):
    """The time zones of local networks, by their names in the IANA database."""

    time_zone: str
    """That of all local networks that are not named."""

    local_networks: Mapping[str, str] = MappingProxyType({})
    """By area code."""


@cache
def time_zones() -> TimeZones:
    """Return the time zones, read once."""
    return msgspec.json.decode(ZONES_FILE.read_bytes(), type=TimeZones)


@cache
def zone_of(local_network: str) -> ZoneInfo:
    """Return the time zone of a local network."""
    zones = time_zones()
    return ZoneInfo(zones.local_networks.get(local_network, zones.time_zone))


def local_day(local_network: str, moment: datetime) -> date:
    """Return the day of a moment in a local network."""
    return moment.astimezone(zone_of(local_network)).date()


def is_over(local_network: str, day: date, now: datetime) -> bool:
    """Tell whether nothing more can be handed over on a day of a local network."""
    return local_day(local_network, now - SETTLING_TIME) > day


def bounds_anywhere(day: date) -> tuple[datetime, datetime]:
    """Return when a day begins where it begins first, and ends where it ends last.

    A day that was handed over stays the same when a time zone is changed.
    """
    midnight = datetime.combine(day, time(), UTC)
    return midnight - FARTHEST_EAST, midnight + timedelta(days=1) + FARTHEST_WEST
