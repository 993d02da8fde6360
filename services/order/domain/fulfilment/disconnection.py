"""Reasons of disconnections (拆机), as data: `services/order/data/disconnection_reasons.json`."""

from functools import cache
from pathlib import Path

import msgspec

REASONS_FILE = Path(__file__).parents[2] / "data/disconnection_reasons.json"


class DisconnectionReason(msgspec.Struct, frozen=True, kw_only=True):
    """A reason for which products are disconnected."""

    id: str
    name: str
    needs_suspension: tuple[str, ...] = ()
    """The product must be suspended for one of these; empty if it need not."""

    waives_penalty: bool = False
    """Whether leaving a commitment early costs nothing."""


class DisconnectionReasons(msgspec.Struct, frozen=True, kw_only=True):
    """All reasons, and the one of an order that states none."""

    default: str
    reasons: tuple[DisconnectionReason, ...]


@cache
def disconnection_reasons() -> DisconnectionReasons:
    """Return the reasons, read once."""
    return msgspec.json.decode(REASONS_FILE.read_bytes(), type=DisconnectionReasons)


def reason_ids() -> list[str]:
    """Return the ids of all reasons."""
    return [each.id for each in disconnection_reasons().reasons]


def disconnection_reason(stated: str) -> DisconnectionReason | None:
    """Return a reason by its id, the default one for an empty id; None for an unknown id."""
    found = disconnection_reasons()
    id_ = stated or found.default
    return next((each for each in found.reasons if each.id == id_), None)
