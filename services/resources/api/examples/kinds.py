"""Examples of kinds of resources."""

from typing import Any

KIND: dict[str, Any] = {
    "name": "camera-account",
    "description": "An account of the video cloud.",
    "served_from": "anywhere",
    "unique_within": "tenant",
    "picked_from": None,
    "quarantine_days": 30,
}
PUBLISHED: dict[str, Any] = {
    **KIND,
    "shipped": False,
    "published_at": "2026-01-31T12:00:00Z",
    "published_by": "li-na",
}
