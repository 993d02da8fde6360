"""Examples of offerings."""

from typing import Any

from shared.http.collection_paths import OFFERINGS_PATH, PRICES_PATH, SPECIFICATIONS_PATH

OFFERING: dict[str, Any] = {
    "id": "ftth-300",
    "href": f"{OFFERINGS_PATH}/ftth-300",
    "name": "Fibre 300M",
    "version": "1",
    "lifecycleStatus": "active",
    "isBundle": False,
    "isSellable": True,
    "prodSpecCharValueUse": [
        {
            "name": "speedMbps",
            "productSpecCharacteristicValue": [{"value": 300, "valueType": "integer"}],
        }
    ],
    "productOfferingPrice": [
        {
            "id": "ftth-300:ftth-installation",
            "href": f"{PRICES_PATH}/ftth-300:ftth-installation",
            "name": "Installation",
            "version": "1",
        },
        {
            "id": "ftth-300:ftth-300-monthly",
            "href": f"{PRICES_PATH}/ftth-300:ftth-300-monthly",
            "name": "Fibre 300M, monthly",
            "version": "1",
        },
    ],
    "productSpecification": {"id": "ftth", "href": f"{SPECIFICATIONS_PATH}/ftth"},
    "@type": "ProductOffering",
}
