"""Examples of grants, and of requests to change them."""

from typing import Any

REVOCATION: dict[str, Any] = {
    "owner": "crm-a",
    "grantee": "crm-b",
    "customerId": "C-320100-0001",
    "reason": "the shop was sold",
}

GRANT_REQUEST: dict[str, Any] = REVOCATION | {"level": "see"}

GRANT: dict[str, Any] = GRANT_REQUEST | {
    "changedAt": "2026-01-31T12:00:00Z",
    "changedBy": "li-na",
}
