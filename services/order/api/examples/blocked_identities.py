"""Examples of blocked identities, and of the request to block one."""

from typing import Any

BLOCK_REQUEST: dict[str, Any] = {
    "documentType": "residentIdentityCard",
    "documentNumber": "110101199003072236",
    "reason": "debt of closed account A-7",
    "until": "2027-01-31T12:00:00Z",
}

BLOCKED_IDENTITY: dict[str, Any] = {
    "id": "0193f7a2-6f00-7000-8000-000000000001",
    "documentType": "residentIdentityCard",
    "reason": "debt of closed account A-7",
    "since": "2026-01-31T12:00:00Z",
    "until": "2027-01-31T12:00:00Z",
    "blockedBy": "li-na",
}
