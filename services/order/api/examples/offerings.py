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

NEW_OFFERING: dict[str, Any] = {
    "id": "ftth-300-loyal",
    "name": "Fibre 300M for mobile customers",
    "lifecycleStatus": "active",
    "isBundle": False,
    "validFor": {"startDateTime": "2026-09-01T00:00:00+08:00"},
    "channel": [{"id": "internet"}, {"id": "business-hall"}],
    "marketSegment": [{"id": "public"}],
    "place": [{"id": "025"}],
    "holds": [{"id": "mobile"}],
    "prodSpecCharValueUse": [
        {"name": "speedMbps", "productSpecCharacteristicValue": [{"value": 300}]}
    ],
    "productOfferingPrice": [
        {"id": "ftth-300:ftth-installation"},
        {
            "id": "ftth-300-loyal-monthly",
            "name": "Fibre 300M for mobile customers, monthly",
            "priceType": "recurring",
            "recurringChargePeriodType": "month",
            "recurringChargePeriodLength": 1,
            "price": {"unit": "CNY", "value": 79.0},
        },
    ],
    "productOfferingRelationship": [{"id": "ftth-1000", "relationshipType": "upgradesTo"}],
    "productSpecification": {"id": "ftth"},
    "@type": "ProductOffering",
}

OFFERING_PATCH: dict[str, Any] = {
    "name": "Fibre 300M, with a price for loyal customers",
    "productOfferingPrice": [
        {"id": "ftth-300:ftth-installation"},
        {
            "id": "ftth-300-loyalty",
            "name": "Fibre 300M, monthly",
            "priceType": "recurring",
            "recurringChargePeriodType": "month",
            "price": {"unit": "CNY", "value": 89.0},
        },
    ],
}
