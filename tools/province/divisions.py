"""Jiangsu's cities, districts and towns, read from `divisions.json`."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PROVINCE = "江苏省"
FILE = Path(__file__).parent / "divisions.json"


@dataclass(frozen=True, slots=True)
class Town:
    """A sub-district, town or township."""

    code: str
    """Three digits, unique within the district."""

    name: str


@dataclass(frozen=True, slots=True)
class District:
    """A district, county or county-level city."""

    code: str
    """Six digits: the official division code."""

    name: str
    pinyin: str
    short: str
    """Its short code in ids, unique within the city."""

    towns: tuple[Town, ...]


@dataclass(frozen=True, slots=True)
class City:
    """A prefecture-level city: one local network (本地网)."""

    code: str
    """Four digits: the official division code."""

    name: str
    pinyin: str
    short: str
    """Its short code in ids, unique within the province."""

    area_code: str
    """The trunk code that people dial: `025`."""

    districts: tuple[District, ...]


def cities() -> tuple[City, ...]:
    """Read the province's cities, in the order of their codes."""
    return tuple(_city(found) for found in json.loads(FILE.read_bytes())["cities"])


def _city(found: dict[str, Any]) -> City:
    return City(
        code=found["code"],
        name=found["name"],
        pinyin=found["pinyin"],
        short=found["short"],
        area_code=found["area_code"],
        districts=tuple(_district(each) for each in found["districts"]),
    )


def _district(found: dict[str, Any]) -> District:
    return District(
        code=found["code"],
        name=found["name"],
        pinyin=found["pinyin"],
        short=found["short"],
        towns=tuple(Town(code, name) for code, name in found["towns"].items()),
    )
