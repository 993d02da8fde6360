"""The part of the province that the examples use."""

from typing import Any

from tools.demo.province_import import CityRows
from tools.province.build import build_province

EXCHANGE, FIRST = "NJ-XW", "+862580000000"


def nanjing() -> CityRows:
    """Return the rows that the examples use: one exchange with its first thousand numbers."""
    all_ = build_province()
    rows: dict[str, list[Any]] = {
        "exchanges": [each for each in all_.exchanges if each.id == EXCHANGE],
        "splitters": [each for each in all_.splitters if each.exchange_id == EXCHANGE],
        "addresses": [each for each in all_.addresses if each.exchange_id == EXCHANGE],
        "pairs": [each for each in all_.pair_blocks if each.exchange_id == EXCHANGE],
        "segments": [each for each in all_.segments if each.first == FIRST],
    }
    return CityRows("025", rows)
