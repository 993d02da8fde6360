"""Examples of pools."""

from typing import Any

POOL: dict[str, Any] = {
    "kind": "leg",
    "name": "NJ-XW-SP001",
    "exchange": "NJ-XW",
    "capacity": 8,
    "free": 5,
}

POOL_DETAIL: dict[str, Any] = {**POOL, "states": {"faulty": 1, "free": 5, "in_use": 2}}
