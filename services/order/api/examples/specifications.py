"""Examples of specifications."""

from typing import Any

from shared.http.collection_paths import SPECIFICATIONS_PATH

SPECIFICATION: dict[str, Any] = {
    "id": "ftth",
    "href": f"{SPECIFICATIONS_PATH}/ftth",
    "name": "Fibre to the home (光纤宽带)",
    "description": "Internet access over a splitter leg of a passive optical network.",
    "version": "2",
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
                {"value": 200, "valueType": "integer"},
                {"value": 300, "valueType": "integer"},
                {"value": 500, "valueType": "integer"},
                {"value": 1000, "valueType": "integer"},
                {"value": 2000, "valueType": "integer"},
            ],
        }
    ],
    "@type": "ProductSpecification",
}
