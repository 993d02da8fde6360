"""The time of local networks: their days, and when these begin.

The time zones are data: `services/order/data/time_zones.json`.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from functools import cache
from pathlib import Path
from types import MappingProxyType
from zoneinfo import ZoneInfo

import msgspec

ZONES_FILE = Path(__file__).parents[1] / "data/time_zones.json"


class TimeZones(msgspec.Struct, frozen=True, kw_only=True):
    """The time zones of local networks, by their names in the IANA database."""

    default: str
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
    return ZoneInfo(zones.local_networks.get(local_network, zones.default))


def local_day(local_network: str, moment: datetime) -> date:
    """Return the day of a moment in a local network."""
    return moment.astimezone(zone_of(local_network)).date()


def start_of_day(local_network: str, day: date) -> datetime:
    """Return when a day begins in a local network, in UTC."""
    return datetime.combine(day, time(), zone_of(local_network)).astimezone(UTC)
