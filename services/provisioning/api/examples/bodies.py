"""Answers and requests that show in the API's description what to expect."""

from typing import Any

ORDER_ID = "0199a0c2-1111-7222-8333-123456789012"
SERVICE_ID = "5d2f6b0e-52a4-5c0a-9a54-6f7d0e3a1b2c"
PRODUCT_ID = "8e0b1f7c-91d3-5e2f-8c3d-2a4b6c8d0e1f"
WORK_ORDER_ID = "3c9a7e55-0b1d-5f6a-8e2c-7d4f9b6a5c3e"
FALLOUT_ID = "a17d3c42-6e8f-5b90-9d21-4c5e7f8a9b0c"
ATTEMPT_ID = "f4b8d6a2-7c1e-5d3f-a9b0-8e6c4d2f1a3b"
OPERATION_ID = "c6e2a8f4-1d3b-5e7c-b9a1-0f8d6c4b2e5a"
OLT = "NJ-XW-OLT01"

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

SERVICE: dict[str, Any] = {
    "id": SERVICE_ID,
    "href": f"/tmf-api/serviceInventory/v4/service/{SERVICE_ID}",
    "@type": "Service",
    "name": "ftth",
    "category": "CFS",
    "serviceType": "ftth",
    "state": "active",
    "isServiceEnabled": True,
    "hasStarted": True,
    "startDate": "2026-01-01T12:00:00Z",
    "serviceSpecification": {"id": "ftth", "version": "1"},
    "serviceCharacteristic": [{"name": "speedMbps", "valueType": "integer", "value": 300}],
    "supportingResource": [
        {
            "id": "NJ-XW-SP001/003",
            "href": "/ops/v1/pools/leg/NJ-XW-SP001/things/NJ-XW-SP001/003",
            "name": "leg",
            "@referredType": "LogicalResource",
        },
        {
            "id": OLT,
            "href": f"/ops/v1/elements/{OLT}",
            "name": "element",
            "@referredType": "NetworkElement",
        },
    ],
    "relatedParty": [
        {
            "id": "C-320100-0001",
            "href": "/ops/v1/customers/C-320100-0001/view",
            "role": "customer",
            "@referredType": "Party",
        }
    ],
    "relatedEntity": [
        {
            "id": PRODUCT_ID,
            "href": f"/tmf-api/productInventory/v4/product/{PRODUCT_ID}",
            "role": "product",
            "@referredType": "Product",
        }
    ],
    "place": [
        {
            "id": "addr-320102-002-0007",
            "href": "/ops/v1/addresses/addr-320102-002-0007",
            "role": "installation address",
        }
    ],
    "serviceOrderItem": [
        {"serviceOrderId": ORDER_ID, "itemId": "1", "itemAction": "add", "role": "last change"}
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

FALLOUT: dict[str, Any] = {
    "id": FALLOUT_ID,
    "order_id": ORDER_ID,
    "step": "1/test",
    "undoing": False,
    "state": "open",
    "code": "no-optical-signal",
    "reason": f"test the line: {OLT} refused",
    "answer": "no light from the ONU",
    "actions": ["retry", "skip", "fail"],
    "specification": "ftth",
    "element": OLT,
    "local_network": "025",
    "priority": 4,
    "times": 1,
    "opened_at": "2026-01-01T15:10:01Z",
    "changed_at": "2026-01-01T15:10:01Z",
    "changed_by": "",
    "remark": "",
}

DECISION: dict[str, Any] = {
    "step": "1/test",
    "reason": "connector cleaned",
}

TROUBLE: dict[str, Any] = {
    "code": "no-optical-signal",
    "reason": f"test the line: {OLT} refused",
    "answer": "no light from the ONU",
    "undoing": False,
}

PLAN: dict[str, Any] = {
    "order_id": ORDER_ID,
    "state": "running",
    "is_held": True,
    "client": "crm",
    "customer_id": "C-320100-0001",
    "local_network": "025",
    "priority": 4,
    "failure": None,
    "items": [
        {
            "id": "1",
            "action": "add",
            "specification": "ftth",
            "offering_id": "ftth-300",
            "catalogue_version": 1,
            "blueprint_version": 1,
            "product_id": PRODUCT_ID,
            "service_id": SERVICE_ID,
            "address_id": "addr-320102-002-0007",
            "characteristics": [{"name": "speedMbps", "value": 300}],
            "held": [LEG],
        }
    ],
    "steps": [
        {
            "step": "1/test",
            "item_id": "1",
            "title": "test the line",
            "kind": "test",
            "state": "fallout",
            "after": ["1/install"],
            "element": OLT,
            "operation": "test-line",
            "undo": "",
            "on_failure": "people",
            "ponr": None,
            "rounds": 1,
            "undo_rounds": 0,
            "trouble": TROUBLE,
            "actions": ["retry", "skip", "fail"],
        }
    ],
    "attempts": [
        {
            "id": ATTEMPT_ID,
            "operation_id": OPERATION_ID,
            "element": OLT,
            "kind": "test-line",
            "subject": SERVICE_ID,
            "tries": 0,
            "questions": 0,
            "in_doubt": False,
            "result": "refused",
            "code": "no-optical-signal",
            "detail": "no light from the ONU",
            "wanted_at": "2026-01-01T15:10:00Z",
            "ended_at": "2026-01-01T15:10:01Z",
        }
    ],
    "work_orders": [WORK_ORDER],
    "history": [
        {
            "at": "2026-01-01T15:10:01Z",
            "kind": "step",
            "part": "1/test",
            "was": "running",
            "became": "fallout",
            "reason": f"test the line: {OLT} refused",
            "actor": "",
        }
    ],
    "made_at": "2026-01-01T12:00:00Z",
    "changed_at": "2026-01-01T15:10:01Z",
}

BLUEPRINT: dict[str, Any] = {
    "specification": "lan-line",
    "action": "add",
    "version": 1,
    "needs": [{"kind": "leg", "picked": "", "grade": ""}],
    "steps": [
        {
            "name": "assign",
            "kind": "assign",
            "title": "",
            "after": [],
            "element": "",
            "operation": "",
            "undo": "",
            "nothing_to_undo": [],
            "parameters": [],
            "skill": "",
            "district": "",
            "tries": 5,
            "timeout_s": 5,
            "wait_s": 0,
            "on_failure": "rollback",
            "ponr": None,
        },
        {
            "name": "profile",
            "kind": "activate",
            "title": "open the line",
            "after": ["assign"],
            "element": "$leg.element",
            "operation": "add-profile",
            "undo": "remove-profile",
            "nothing_to_undo": ["profile-missing"],
            "parameters": [{"name": "pon_port", "value": "$leg.pon_port"}],
            "skill": "",
            "district": "",
            "tries": 5,
            "timeout_s": 5,
            "wait_s": 0,
            "on_failure": "rollback",
            "ponr": None,
        },
    ],
}

PUBLISHED: dict[str, Any] = {
    "shared": False,
    "published_at": "2026-01-01T12:00:00Z",
    "published_by": "development-ops",
    "warning": "",
    "blueprint": BLUEPRINT,
}

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
