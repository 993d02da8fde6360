"""Examples of steps in fallout, and of decisions."""

from typing import Any

from services.provisioning.api.examples.elements import OLT
from services.provisioning.api.examples.services import ORDER_ID

FALLOUT_ID = "a17d3c42-6e8f-5b90-9d21-4c5e7f8a9b0c"

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
