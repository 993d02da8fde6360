"""Examples of work orders, and of the crews' answers."""

from typing import Any

from services.provisioning.api.examples.elements import OLT
from services.provisioning.api.examples.services import ORDER_ID, SERVICE_ID

WORK_ORDER_ID = "3c9a7e55-0b1d-5f6a-8e2c-7d4f9b6a5c3e"

LEG: dict[str, Any] = {
    "kind": "leg",
    "value": "NJ-XW-SP001/003",
    "element": OLT,
    "attributes": [
        {"name": "splitter", "value": "NJ-XW-SP001"},
        {"name": "leg", "value": 3},
        {"name": "pon_port", "value": "0/1/3"},
        {"name": "exchange", "value": "NJ-XW"},
    ],
}

WORK_ORDER: dict[str, Any] = {
    "id": WORK_ORDER_ID,
    "order_id": ORDER_ID,
    "step": "1/install",
    "round": 1,
    "undo": False,
    "state": "reported",
    "job": "install-onu",
    "title": "install the ONU at the customer's",
    "skill": "fibre",
    "district": "NJ-XW",
    "local_network": "025",
    "specification": "ftth",
    "service_id": SERVICE_ID,
    "address_id": "addr-320102-002-0007",
    "parameters": [{"name": "pon_port", "value": "0/1/3"}],
    "held": [LEG],
    "priority": 4,
    "dispatched_at": "2026-01-01T12:00:01Z",
    "accepted_at": "2026-01-01T14:30:00Z",
    "accepted_by": "crew-7",
    "answered_at": "2026-01-01T15:10:00Z",
    "answered_by": "crew-7",
    "remark": "ONU in the hall, -18 dBm",
}

ACCEPTED: dict[str, Any] = {}

REPORTED: dict[str, Any] = {
    "result": "done",
    "remark": "ONU in the hall, -18 dBm",
}

RETURNED: dict[str, Any] = {"reason": "nobody at home"}
