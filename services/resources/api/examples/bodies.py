"""Requests and answers that show in the API's description what to expect.

The plant is that of the imports' own examples, which stand beside each of them.
"""

from typing import Any

ORDER_ID = "0199a0c2-1111-7222-8333-123456789012"
SERVICE_ID = "5d2f6b0e-52a4-5c0a-9a54-6f7d0e3a1b2c"

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

POOL: dict[str, Any] = {
    "kind": "leg",
    "name": "NJ-XW-SP001",
    "exchange": "NJ-XW",
    "capacity": 8,
    "free": 5,
}

POOL_DETAIL: dict[str, Any] = {**POOL, "states": {"faulty": 1, "free": 5, "in_use": 2}}

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

HOLDINGS: dict[str, Any] = {"id": ORDER_ID, "held": [LEG]}

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

ADDRESS: dict[str, Any] = {
    "id": "addr-320102-002-0001",
    "text": "江苏省南京市玄武区梅园新村街道人民路1号",
    "exchange": "NJ-XW",
    "local_network": "025",
    "splitter": "NJ-XW-SP001",
}

IMPORTED: dict[str, Any] = {
    "rows": 1,
    "made": 1,
    "changed": 0,
    "unchanged": 0,
    "things": 1000,
}

RELEASE: dict[str, Any] = {"reason": "the order was never placed"}

RESERVATION: dict[str, Any] = {
    "order_id": ORDER_ID,
    "since": "2026-01-31T12:00:00Z",
    "held": f"/ops/v1/holdings/{ORDER_ID}",
    "asked_at": "2026-01-31T13:00:00Z",
    "answered_at": "2026-01-31T13:00:01Z",
    "is_needed": False,
    "plan": "",
    "release_by": "",
    "release_reason": "",
}
