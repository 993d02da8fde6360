"""Examples of accounts."""

from typing import Any

from shared.http.collection_paths import ACCOUNTS_PATH, PARTIES_PATH

PARTY_ACCOUNT: dict[str, Any] = {
    "id": "A-320100-0001",
    "href": f"{ACCOUNTS_PATH}/A-320100-0001",
    "@type": "PartyAccount",
    "name": "A-320100-0001",
    "relatedParty": [
        {
            "id": "C-320100-0001",
            "href": f"{PARTIES_PATH}/individual/C-320100-0001",
            "role": "customer",
            "@referredType": "Individual",
        }
    ],
}
