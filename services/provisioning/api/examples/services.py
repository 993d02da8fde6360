"""Examples of services, and the ids that other examples share."""

from typing import Any

from services.provisioning.api.examples.elements import OLT

ORDER_ID = "0199a0c2-1111-7222-8333-123456789012"
SERVICE_ID = "5d2f6b0e-52a4-5c0a-9a54-6f7d0e3a1b2c"
PRODUCT_ID = "8e0b1f7c-91d3-5e2f-8c3d-2a4b6c8d0e1f"

SERVICE: dict[str, Any] = {
    "id": SERVICE_ID,
    "href": f"/tmf-api/serviceInventory/v4/service/{SERVICE_ID}",
    "@type": "Service",
    "name": "ftth",
    "category": "CFS",
    "serviceType": "ftth",
    "state": "active",
    "isServiceEnabled": True,
    "hasStarted": True,
    "startDate": "2026-01-01T12:00:00Z",
    "serviceSpecification": {"id": "ftth", "version": "1"},
    "serviceCharacteristic": [{"name": "speedMbps", "valueType": "integer", "value": 300}],
    "supportingResource": [
        {
            "id": "NJ-XW-SP001/003",
            "href": "/ops/v1/pools/leg/NJ-XW-SP001/things/NJ-XW-SP001/003",
            "name": "leg",
            "@referredType": "LogicalResource",
        },
        {
            "id": OLT,
            "href": f"/ops/v1/elements/{OLT}",
            "name": "element",
            "@referredType": "NetworkElement",
        },
    ],
    "relatedParty": [
        {
            "id": "C-320100-0001",
            "href": "/ops/v1/customers/C-320100-0001/view",
            "role": "customer",
            "@referredType": "Party",
        }
    ],
    "relatedEntity": [
        {
            "id": PRODUCT_ID,
            "href": f"/tmf-api/productInventory/v4/product/{PRODUCT_ID}",
            "role": "product",
            "@referredType": "Product",
        }
    ],
    "place": [
        {
            "id": "addr-320102-002-0007",
            "href": "/ops/v1/addresses/addr-320102-002-0007",
            "role": "installation address",
        }
    ],
    "serviceOrderItem": [
        {"serviceOrderId": ORDER_ID, "itemId": "1", "itemAction": "add", "role": "last change"}
    ],
}
