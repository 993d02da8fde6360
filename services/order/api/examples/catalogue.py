"""Entries of the catalogue that show in the API's description what is published and answered."""

from typing import Any

from services.order.api.views.base import OFFERINGS_PATH, PRICES_PATH, SPECIFICATIONS_PATH

SPECIFICATION: dict[str, Any] = {
    "id": "ftth",
    "href": f"{SPECIFICATIONS_PATH}/ftth",
    "name": "Fibre to the home (光纤宽带)",
    "description": "Internet access over a splitter leg of a passive optical network.",
    "version": "1",
    "lifecycleStatus": "active",
    "isBundle": False,
    "productSpecCharacteristic": [
        {
            "name": "speedMbps",
            "description": "Downstream rate in Mbit/s. Each offering has its own.",
            "valueType": "integer",
            "configurable": True,
            "minCardinality": 1,
            "maxCardinality": 1,
            "productSpecCharacteristicValue": [
                {"value": 100, "valueType": "integer"},
                {"value": 300, "valueType": "integer"},
                {"value": 1000, "valueType": "integer"},
            ],
        }
    ],
    "@type": "ProductSpecification",
}

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

PRICE: dict[str, Any] = {
    "id": "ftth-300:ftth-300-monthly",
    "href": f"{PRICES_PATH}/ftth-300:ftth-300-monthly",
    "name": "Fibre 300M, monthly",
    "version": "1",
    "lifecycleStatus": "active",
    "priceType": "recurring",
    "recurringChargePeriodType": "month",
    "recurringChargePeriodLength": 1,
    "price": {"unit": "CNY", "value": 99.0},
    "@type": "ProductOfferingPrice",
}

PUBLICATION: dict[str, Any] = {
    "offerings": [
        {
            "id": "ftth-300-campus",
            "version": 1,
            "name": "Fibre 300M for students (校园宽带)",
            "specification": "ftth",
            "fixed": [{"name": "speedMbps", "value": 300}],
            "prices": [
                {
                    "id": "ftth-300-campus-monthly",
                    "name": "Fibre 300M for students, monthly",
                    "kind": "recurring",
                    "amount_cents": 5900,
                }
            ],
            "eligibility": {
                "categories": ["public"],
                "local_networks": ["025"],
                "valid_from": "2026-09-01T00:00:00+08:00",
                "valid_until": "2026-11-01T00:00:00+08:00",
            },
        }
    ]
}

PUBLISHED: dict[str, Any] = {"changed": ["offering/ftth-300-campus/1"]}
