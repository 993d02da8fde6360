"""Reasons for which products are suspended (停机), and what they bar.

Reasons stack: what is barred is what the strongest of a product's reasons bars. Reasons
and bars are data: `services/order/data/suspension_reasons.json`.
"""

from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

import msgspec

REASONS_FILE = Path(__file__).parents[1] / "data/suspension_reasons.json"


class SuspensionReason(msgspec.Struct, frozen=True, kw_only=True):
    """A reason for which products are suspended."""

    id: str
    name: str
    bar: str
    allows: tuple[str, ...] = ()
    """The business actions for which products can be changed meanwhile."""


class SuspensionReasons(msgspec.Struct, frozen=True, kw_only=True):
    """All reasons, and what they bar."""

    bars: tuple[str, ...]
    """From the weakest to the strongest; the first bars nothing."""

    reasons: tuple[SuspensionReason, ...]


@cache
def suspension_reasons() -> SuspensionReasons:
    """Return the reasons, read once."""
    return msgspec.json.decode(REASONS_FILE.read_bytes(), type=SuspensionReasons)


@cache
def reasons_by_id() -> Mapping[str, SuspensionReason]:
    """Return the reasons by id."""
    return {each.id: each for each in suspension_reasons().reasons}


def forbidding(reasons: Iterable[str], action: str) -> list[str]:
    """Return those of a product's reasons that do not allow a business action."""
    known = reasons_by_id()
    return [each for each in reasons if each not in known or action not in known[each].allows]


def strongest_bar(reasons: Iterable[str]) -> str:
    """Return what these reasons bar together; the strongest for one that is no longer known."""
    bars, known = suspension_reasons().bars, reasons_by_id()
    found = (known[each].bar if each in known else bars[-1] for each in reasons)
    return max(found, key=bars.index, default=bars[0])
