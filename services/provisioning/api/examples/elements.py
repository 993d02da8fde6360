"""Examples of network elements."""

from typing import Any

OLT = "NJ-XW-OLT01"

ELEMENT: dict[str, Any] = {
    "name": OLT,
    "type": "olt",
    "concurrency": 8,
    "per_second": 0.0,
    "in_maintenance": True,
    "reason": "new software",
    "changed_at": "2026-01-01T12:00:00Z",
    "changed_by": "development-ops",
    "waiting": 3,
    "oldest_waiting_s": 42.5,
    "in_service": 0,
}

LIMITS: dict[str, Any] = {"concurrency": 8, "per_second": 20.0}

MAINTENANCE: dict[str, Any] = {"reason": "new software"}
