"""Examples of contested accounts, and of their settlement."""

from typing import Any

from shared.http.collection_paths import ACCOUNTS_PATH, CUSTOMERS_PATH

SETTLEMENT: dict[str, Any] = {"note": "mother and daughter pay through one account"}

CONTESTED_ACCOUNT: dict[str, Any] = {
    "id": "A-320100-0001",
    "href": f"{ACCOUNTS_PATH}/A-320100-0001",
    "since": "2026-02-01T09:30:00Z",
    "namedBy": [
        {
            "id": "C-320100-0001",
            "view": f"{CUSTOMERS_PATH}/C-320100-0001/view",
            "client": "crm-a",
            "since": "2026-01-31T12:00:00Z",
        },
        {
            "id": "C-320100-0002",
            "view": f"{CUSTOMERS_PATH}/C-320100-0002/view",
            "client": "crm-b",
            "since": "2026-02-01T09:30:00Z",
        },
    ],
    "isCutShort": False,
    "state": "settled",
    "settledAt": "2026-02-02T08:15:00Z",
    "settledBy": "li-na",
    "note": "mother and daughter pay through one account",
}
