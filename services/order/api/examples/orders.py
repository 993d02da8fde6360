"""Orders and products that show in the API's description what is answered.

The order is the answer to the example with a vanity number, the product what comes of it.
"""

from typing import Any

from services.order.api.views.base import (
    ADDRESSES_PATH,
    OFFERINGS_PATH,
    ORDERS_PATH,
    PARTIES_PATH,
    PRICES_PATH,
    PRODUCTS_PATH,
    SERVICES_PATH,
    SPECIFICATIONS_PATH,
)

ORDER_ID = "0199a0c2-1111-7222-8333-123456789012"
PRODUCT_ID = "48ad8b2b-4faa-5c2d-b96b-62f88e225758"
SERVICE_ID = "fa2f7d54-5fb2-54bb-801d-f01d88dd9601"
TERM = "Minimum spend for a number of grade AAAA"


def price_amount(value: float) -> dict[str, Any]:
    """Return an amount without tax."""
    return {"dutyFreeAmount": {"unit": "CNY", "value": value}}


def one_time_line(name: str, value: float, **more: Any) -> dict[str, Any]:  # noqa: ANN401  JSON
    """Return a line of what is paid once."""
    return {"name": name, "priceType": "oneTime", "price": price_amount(value), **more}


def recurring_line(name: str, value: float, **more: Any) -> dict[str, Any]:  # noqa: ANN401  JSON
    """Return a line of what is paid every month."""
    line = {"name": name, "priceType": "recurring", "recurringChargePeriod": "month"}
    return {**line, "price": price_amount(value), **more}


PARTY = f"{PARTIES_PATH}/individual/C-320100-0001"
PLACE = {
    "id": "addr-320102-002-0001",
    "href": f"{ADDRESSES_PATH}/addr-320102-002-0001",
    "role": "installation address",
    "localNetwork": "025",
    "@referredType": "GeographicAddress",
}
OFFERING = {
    "id": "voice-basic",
    "href": f"{OFFERINGS_PATH}/voice-basic",
    "name": "Telephone",
    "version": "1",
}
SPECIFICATION = {"id": "voice", "href": f"{SPECIFICATIONS_PATH}/voice"}
CHARACTERISTICS = [
    {"name": "number", "value": "+862580001111", "valueType": "string"},
    {"name": "numberGrade", "value": "AAAA", "valueType": "string"},
]


def price_reference(id_: str, name: str) -> dict[str, Any]:
    """Return where the catalogue has a price of the telephone."""
    whole = f"voice-basic:{id_}"
    return {"id": whole, "href": f"{PRICES_PATH}/{whole}", "name": name}


PREPAYMENT = "Prepayment for a number of grade AAAA"
LINES = [
    one_time_line(
        "Installation",
        50.0,
        productOfferingPrice=price_reference("voice-installation", "Installation"),
    ),
    recurring_line(
        "Line rental, monthly",
        15.0,
        productOfferingPrice=price_reference("voice-monthly", "Line rental, monthly"),
    ),
    one_time_line(
        PREPAYMENT, 5000.0, productOfferingPrice=price_reference("grade-aaaa-prepaid", PREPAYMENT)
    ),
    recurring_line(TERM, 373.0, productOfferingPrice=price_reference("grade-aaaa-minimum", TERM)),
]
TOTALS = [one_time_line("total", 5050.0), recurring_line("total", 388.0)]
TERMS = [{"name": TERM, "duration": {"amount": 36, "units": "month"}}]

ORDER: dict[str, Any] = {
    "id": ORDER_ID,
    "href": f"{ORDERS_PATH}/{ORDER_ID}",
    "externalId": "CRM-1002",
    "priority": "4",
    "state": "acknowledged",
    "orderDate": "2025-10-01T17:11:36.977Z",
    "channel": [{"id": "internet"}],
    "relatedParty": [
        {
            "id": "C-320100-0001",
            "href": PARTY,
            "role": "customer",
            "name": "Zhang Wei",
            "@referredType": "Party",
        }
    ],
    "orderTotalPrice": TOTALS,
    "productOrderItem": [
        {
            "id": "1",
            "quantity": 1,
            "action": "add",
            "businessAction": "new",
            "state": "acknowledged",
            "productOffering": OFFERING,
            "product": {
                "id": PRODUCT_ID,
                "isBundle": False,
                "place": [{name: each for name, each in PLACE.items() if name != "href"}],
                "productCharacteristic": CHARACTERISTICS,
                "productSpecification": SPECIFICATION,
            },
            "itemPrice": LINES,
            "itemTotalPrice": TOTALS,
            "itemTerm": TERMS,
        }
    ],
    "@type": "ProductOrder",
}

STATE_CHANGE: dict[str, Any] = {
    "at": "2025-10-01T17:11:36.977Z",
    "kind": "item",
    "part": "1",
    "was": "",
    "became": "acknowledged",
    "reason": "",
    "cause": ORDER_ID,
    "actor": "crm",
}

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
    "productOffering": OFFERING,
    "productOrderItem": [
        {
            "orderItemAction": "add",
            "orderItemId": "1",
            "productOrderId": ORDER_ID,
            "productOrderHref": f"{ORDERS_PATH}/{ORDER_ID}",
        }
    ],
    "productPrice": LINES,
    "productSpecification": SPECIFICATION,
    "productTerm": TERMS,
    "realizingService": [{"id": SERVICE_ID, "href": f"{SERVICES_PATH}/{SERVICE_ID}"}],
    "relatedParty": [
        {
            "id": "C-320100-0001",
            "href": PARTY,
            "role": "customer",
            "@referredType": "Party",
        }
    ],
    "@type": "Product",
}
