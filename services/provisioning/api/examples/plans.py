"""Examples of plans."""

from typing import Any

from services.provisioning.api.examples.elements import OLT
from services.provisioning.api.examples.services import ORDER_ID, PRODUCT_ID, SERVICE_ID
from services.provisioning.api.examples.work_orders import LEG, WORK_ORDER

ATTEMPT_ID = "f4b8d6a2-7c1e-5d3f-a9b0-8e6c4d2f1a3b"
OPERATION_ID = "c6e2a8f4-1d3b-5e7c-b9a1-0f8d6c4b2e5a"

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
    "passed_ponr": None,
    "failure": None,
    "items": [
        {
            "id": "1",
            "action": "add",
            "business_action": "new",
            "specification": "ftth",
            "offering_id": "ftth-300",
            "catalogue_version": 1,
            "blueprint_version": 1,
            "product_id": PRODUCT_ID,
            "service_id": SERVICE_ID,
            "address_id": "addr-320102-002-0007",
            "characteristics": [{"name": "speedMbps", "value": 300}],
            "held": [LEG],
            "pre_released": [],
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
            "waits_until": None,
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
