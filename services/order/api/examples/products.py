"""Examples of products: the result of the order for a vanity number."""

from typing import Any

from services.order.api.examples.orders import (
    CHARACTERISTICS,
    LINES,
    OFFERING_REFERENCE,
    ORDER_ID,
    PARTY_LINK,
    PLACE,
    PRODUCT_ID,
    SPECIFICATION_REFERENCE,
    TERMS,
)
from shared.http.collection_paths import ORDERS_PATH, PRODUCTS_PATH, SERVICES_PATH

SERVICE_ID = "fa2f7d54-5fb2-54bb-801d-f01d88dd9601"

PRODUCT: dict[str, Any] = {
    "id": PRODUCT_ID,
    "href": f"{PRODUCTS_PATH}/{PRODUCT_ID}",
    "name": "Telephone",
    "isBundle": False,
    "isCustomerVisible": True,
    "productSerialNumber": "+862580001111",
    "startDate": "2025-10-01T17:11:38.977Z",
    "status": "active",
    "place": [PLACE],
    "productCharacteristic": CHARACTERISTICS,
    "productOffering": OFFERING_REFERENCE,
    "productOrderItem": [
        {
            "orderItemAction": "add",
            "orderItemId": "1",
            "productOrderId": ORDER_ID,
            "productOrderHref": f"{ORDERS_PATH}/{ORDER_ID}",
        }
    ],
    "productPrice": LINES,
    "productSpecification": SPECIFICATION_REFERENCE,
    "productTerm": TERMS,
    "realizingService": [{"id": SERVICE_ID, "href": f"{SERVICES_PATH}/{SERVICE_ID}"}],
    "relatedParty": [
        {
            "id": "C-320100-0001",
            "href": PARTY_LINK,
            "role": "customer",
            "@referredType": "Party",
        }
    ],
    "@type": "Product",
}

PRODUCT_PERIOD: dict[str, Any] = {"begin": PRODUCT["startDate"], "product": PRODUCT}
"""What it is since it was installed."""
