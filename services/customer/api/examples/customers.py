"""Answers that show in the API's description what to expect."""

from typing import Any

INDIVIDUAL: dict[str, Any] = {
    "id": "C-320100-0001",
    "href": "/tmf-api/partyManagement/v4/individual/C-320100-0001",
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
    "href": "/tmf-api/partyManagement/v4/organization/C-320100-9001",
    "@type": "Organization",
    "status": "initialized",
    "name": "熊猫电子",
    "contactMedium": [],
    "partyCharacteristic": [{"name": "category", "valueType": "string", "value": "key-account"}],
    "organizationIdentification": [],
}

PARTY_ACCOUNT: dict[str, Any] = {
    "id": "A-320100-0001",
    "href": "/tmf-api/accountManagement/v4/partyAccount/A-320100-0001",
    "@type": "PartyAccount",
    "name": "A-320100-0001",
    "relatedParty": [
        {
            "id": "C-320100-0001",
            "href": "/tmf-api/partyManagement/v4/individual/C-320100-0001",
            "role": "customer",
            "@referredType": "Individual",
        }
    ],
}

CUSTOMER_SUMMARY: dict[str, Any] = {
    "id": "C-320100-0001",
    "href": "/tmf-api/partyManagement/v4/individual/C-320100-0001",
    "view": "/ops/v1/customers/C-320100-0001/view",
    "name": "张伟",
    "phone": "+8613851234567",
    "category": "public",
}

ORDER_ID, PRODUCT_ID, SERVICE_ID = (
    "0199a0c2-1111-7222-8333-123456789012",
    "3f0c2a9e-52c1-5d0a-9b61-0c7e6d1f2a33",
    "9b1f6c1e-7a43-5c1b-8f0e-5a2d4c3b2a11",
)

CUSTOMER_VIEW: dict[str, Any] = {
    "id": "C-320100-0001",
    "href": "/ops/v1/customers/C-320100-0001/view",
    "@type": "CustomerView",
    "profile": {
        "id": "C-320100-0001",
        "href": "/tmf-api/partyManagement/v4/individual/C-320100-0001",
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
            "href": "/tmf-api/accountManagement/v4/partyAccount/A-320100-0001",
        }
    ],
    "orders": [
        {
            "id": ORDER_ID,
            "href": f"/tmf-api/productOrderingManagement/v4/productOrder/{ORDER_ID}",
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
            "href": f"/tmf-api/productInventory/v4/product/{PRODUCT_ID}",
            "name": "Voice",
            "offeringId": "voice-basic",
            "specification": "voice",
            "number": "+862583100001",
            "monthlyCents": 2000,
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

ERASURE: dict[str, Any] = {"reason": "request 2026-17"}

ERASED: dict[str, Any] = {
    "id": "C-320100-0001",
    "erasedAt": "2026-01-31T12:00:00Z",
    "isRecognisable": True,
}

REVOCATION: dict[str, Any] = {
    "owner": "crm-a",
    "grantee": "crm-b",
    "customerId": "C-320100-0001",
    "reason": "the shop was sold",
}

GRANT_REQUEST: dict[str, Any] = REVOCATION | {"level": "see"}

GRANT: dict[str, Any] = GRANT_REQUEST | {
    "changedAt": "2026-01-31T12:00:00Z",
    "changedBy": "li-na",
}

SETTLEMENT: dict[str, Any] = {"note": "mother and daughter pay through one account"}

CONTESTED_ACCOUNT: dict[str, Any] = {
    "id": "A-320100-0001",
    "href": "/tmf-api/accountManagement/v4/partyAccount/A-320100-0001",
    "since": "2026-02-01T09:30:00Z",
    "namedBy": [
        {
            "id": "C-320100-0001",
            "view": "/ops/v1/customers/C-320100-0001/view",
            "client": "crm-a",
            "since": "2026-01-31T12:00:00Z",
        },
        {
            "id": "C-320100-0002",
            "view": "/ops/v1/customers/C-320100-0002/view",
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
