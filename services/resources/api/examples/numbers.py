"""Examples of numbers."""

from typing import Any

from services.resources.api.examples.reservations import ORDER_ID, SERVICE_ID

NUMBER: dict[str, Any] = {
    "number": "+862580000888",
    "exchange": "NJ-XW",
    "grade": "AAA",
    "state": "selected",
    "until": "2026-01-31T12:10:00Z",
}

NUMBER_DETAIL: dict[str, Any] = {
    "number": "+862580000888",
    "exchange": "NJ-XW",
    "grade": "AAA",
    "state": "reserved",
    "order_id": ORDER_ID,
    "service_id": SERVICE_ID,
    "history": [
        {
            "at": "2026-01-31T12:00:00Z",
            "was": "idle",
            "became": "selected",
            "order_id": "",
            "reason": "selected by crm",
            "actor": "crm",
        },
        {
            "at": "2026-01-31T12:03:20Z",
            "was": "selected",
            "became": "reserved",
            "order_id": ORDER_ID,
            "reason": "",
            "actor": "",
        },
    ],
}
