"""Examples of reservations, and the ids that other examples share."""

from typing import Any

ORDER_ID = "0199a0c2-1111-7222-8333-123456789012"
SERVICE_ID = "5d2f6b0e-52a4-5c0a-9a54-6f7d0e3a1b2c"

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
