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
    "needsAddress": True,
    "needsLocalNetwork": False,
    "productSpecCharacteristic": [
        {
            "name": "speedMbps",
            "description": "Downstream rate. Each offering has its own.",
            "valueType": "integer",
            "configurable": True,
            "minCardinality": 1,
            "maxCardinality": 1,
            "changedBy": ["change"],
            "productSpecCharacteristicValue": [
                {"value": 100, "valueType": "integer", "unitOfMeasure": "Mbit/s"},
                {"value": 200, "valueType": "integer", "unitOfMeasure": "Mbit/s"},
                {"value": 300, "valueType": "integer", "unitOfMeasure": "Mbit/s"},
                {"value": 500, "valueType": "integer", "unitOfMeasure": "Mbit/s"},
                {"value": 1000, "valueType": "integer", "unitOfMeasure": "Mbit/s"},
                {"value": 2000, "valueType": "integer", "unitOfMeasure": "Mbit/s"},
            ],
        }
    ],
    "@type": "ProductSpecification",
}

NEW_SPECIFICATION: dict[str, Any] = {
    "id": "backup",
    "name": "Data backup",
    "description": "Backup of a customer's data over a broadband line.",
    "lifecycleStatus": "active",
    "isBundle": False,
    "needsAddress": True,
    "needsLocalNetwork": False,
    "productSpecificationRelationship": [{"id": "ftth", "relationshipType": "reliesOn"}],
    "productSpecCharacteristic": [
        {
            "name": "storageGb",
            "description": "Storage in the data centre.",
            "valueType": "integer",
            "configurable": True,
            "minCardinality": 1,
            "maxCardinality": 1,
            "changedBy": ["change"],
            "productSpecCharacteristicValue": [
                {
                    "valueType": "integer",
                    "valueFrom": "100",
                    "valueTo": "2000",
                    "rangeInterval": "closed",
                    "step": 100,
                    "unitOfMeasure": "GB",
                }
            ],
        },
        {
            "name": "copies",
            "description": "In how many data centres.",
            "valueType": "integer",
            "productSpecCharacteristicValue": [{"value": 2}, {"value": 3}],
            "productSpecCharRelationship": [
                {
                    "name": "storageGb",
                    "relationshipType": "allowedWhen",
                    "values": [100, 200, 300],
                }
            ],
        },
    ],
    "@type": "ProductSpecification",
}

SPECIFICATION_PATCH: dict[str, Any] = {"description": "Internet access over fibre."}
