"""Examples of parties."""

from typing import Any

from shared.http.collection_paths import PARTIES_PATH

INDIVIDUAL: dict[str, Any] = {
    "id": "C-320100-0001",
    "href": f"{PARTIES_PATH}/individual/C-320100-0001",
    "@type": "Individual",
    "status": "initialized",
    "fullName": "张伟",
    "contactMedium": [
        {
            "mediumType": "phone",
            "preferred": True,
            "characteristic": {"phoneNumber": "+8613851234567"},
        }
    ],
    "partyCharacteristic": [{"name": "category", "valueType": "string", "value": "public"}],
    "individualIdentification": [
        {"identificationType": "identity-number", "identificationId": "320102199003078515"}
    ],
}

ORGANIZATION: dict[str, Any] = {
    "id": "C-320100-9001",
    "href": f"{PARTIES_PATH}/organization/C-320100-9001",
    "@type": "Organization",
    "status": "initialized",
    "name": "熊猫电子",
    "contactMedium": [],
    "partyCharacteristic": [{"name": "category", "valueType": "string", "value": "key-account"}],
    "organizationIdentification": [],
}
