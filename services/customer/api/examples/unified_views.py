"""Examples of the unified view of a customer."""

from typing import Any

from shared.http.collection_paths import (
    ACCOUNTS_PATH,
    CUSTOMERS_PATH,
    ORDERS_PATH,
    PARTIES_PATH,
    PRODUCTS_PATH,
)

ORDER_ID, PRODUCT_ID, SERVICE_ID = (
    "0199a0c2-1111-7222-8333-123456789012",
    "3f0c2a9e-52c1-5d0a-9b61-0c7e6d1f2a33",
    "9b1f6c1e-7a43-5c1b-8f0e-5a2d4c3b2a11",
)

CUSTOMER_VIEW: dict[str, Any] = {
    "id": "C-320100-0001",
    "href": f"{CUSTOMERS_PATH}/C-320100-0001/view",
    "@type": "CustomerView",
    "profile": {
        "id": "C-320100-0001",
        "href": f"{PARTIES_PATH}/individual/C-320100-0001",
        "name": "张伟",
        "category": "public",
        "phone": "+8613851234567",
        "email": "",
        "identityNumber": "**************8515",
        "toldAt": "2026-01-31T12:00:00Z",
        "knownBeforeAs": [],
    },
    "accounts": [
        {
            "id": "A-320100-0001",
            "href": f"{ACCOUNTS_PATH}/A-320100-0001",
        }
    ],
    "orders": [
        {
            "id": ORDER_ID,
            "href": f"{ORDERS_PATH}/{ORDER_ID}",
            "externalId": "CRM-1001",
            "state": "completed",
            "client": "crm",
            "channel": "business-hall",
            "priority": 4,
            "acceptedAt": "2026-01-31T12:00:00Z",
            "endedAt": "2026-01-31T12:00:02Z",
            "oneOffCents": 0,
            "monthlyCents": 2000,
            "items": [
                {
                    "id": "1",
                    "action": "add",
                    "businessAction": "new",
                    "offeringId": "voice-basic",
                    "offeringName": "Voice",
                    "productId": PRODUCT_ID,
                    "serviceId": SERVICE_ID,
                    "addressId": "addr-320102-002-0001",
                }
            ],
        }
    ],
    "products": [
        {
            "id": PRODUCT_ID,
            "href": f"{PRODUCTS_PATH}/{PRODUCT_ID}",
            "name": "Voice",
            "offeringId": "voice-basic",
            "specification": "voice",
            "number": "+862583100001",
            "monthlyCents": 2000,
            "suspendedFor": [],
            "serviceId": SERVICE_ID,
            "orderId": ORDER_ID,
            "since": "2026-01-31T12:00:02Z",
        }
    ],
    "numbers": [
        {"kind": "number", "value": "+862583100001", "state": "inUse", "serviceId": SERVICE_ID}
    ],
    "lines": [
        {
            "kind": "pair",
            "value": "NJ-XW/1/7",
            "state": "inUse",
            "serviceId": SERVICE_ID,
            "element": "NJ-XW-MSAN01",
        }
    ],
    "cutShort": [],
}
