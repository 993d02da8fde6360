"""Examples of pool items. Their pool is that of the import examples."""

from typing import Any

from services.resources.api.examples.reservations import ORDER_ID, SERVICE_ID

LEG: dict[str, Any] = {
    "kind": "leg",
    "value": "NJ-XW-SP001/003",
    "pool": "NJ-XW-SP001",
    "element": "NJ-XW-OLT01",
    "attributes": {
        "splitter": "NJ-XW-SP001",
        "leg": 3,
        "pon_port": "0/1/3",
        "exchange": "NJ-XW",
    },
    "state": "in_use",
    "order_id": ORDER_ID,
    "service_id": SERVICE_ID,
}

LEG_DETAIL: dict[str, Any] = {
    **LEG,
    "history": [
        {
            "at": "2026-01-31T12:00:00Z",
            "was": "free",
            "became": "reserved",
            "order_id": ORDER_ID,
            "reason": "",
            "actor": "",
        },
        {
            "at": "2026-01-31T15:10:01Z",
            "was": "reserved",
            "became": "in_use",
            "order_id": ORDER_ID,
            "reason": "",
            "actor": "",
        },
    ],
}

NAMED: dict[str, Any] = {"values": ["NJ-XW-SP001/003"], "reason": "storm"}

WITHDRAWAL: dict[str, Any] = {
    "values": ["NJ-XW-SP001/003"],
    "state": "faulty",
    "reason": "fibre broken",
}

CHANGED: dict[str, Any] = {"changed": 1}
