"""Examples of orders: the requests, and the response to the one for a vanity number."""

from typing import Any

from shared.http.collection_paths import (
    ADDRESSES_PATH,
    OFFERINGS_PATH,
    ORDERS_PATH,
    PARTIES_PATH,
    PRICES_PATH,
    SPECIFICATIONS_PATH,
)

CUSTOMER = {"id": "C-320100-0001", "role": "customer", "name": "Zhang Wei"}
ADDRESS = {"id": "addr-320102-002-0001", "role": "installation address", "localNetwork": "025"}
REAL_NAME_CHECK = {
    "system": "RNV",
    "reference": "RNV-2026-0001",
    "documentType": "residentIdentityCard",
    "documentNumber": "110101199003072236",
}


def order_body(external_id: str, *items: dict[str, Any]) -> dict[str, Any]:
    """Return an order."""
    return {
        "externalId": external_id,
        "relatedParty": [CUSTOMER],
        "productOrderItem": list(items),
    }


def item_body(id_: str, offering: str, *characteristics: dict[str, Any]) -> dict[str, Any]:
    """Return an item that requests one product."""
    product: dict[str, Any] = {"place": [ADDRESS]}
    if characteristics:
        product["productCharacteristic"] = list(characteristics)
    return {
        "id": id_,
        "action": "add",
        "productOffering": {"id": offering},
        "product": product,
    }


ORDER_REQUESTS: dict[str, Any] = {
    "fibre": {
        "summary": "Fibre at an address",
        "value": order_body("CRM-1001", item_body("1", "ftth-300")),
    },
    "vanity number": {
        "summary": "A telephone with a number that the customer has picked",
        "value": order_body(
            "CRM-1002",
            item_body(
                "1",
                "voice-basic",
                {"name": "number", "value": "+862580001111"},
                {"name": "numberGrade", "value": "AAAA"},
            ),
        ),
    },
    "real-name check": {
        "summary": "A mobile plan, with the real-name check that it needs",
        "value": order_body(
            "CRM-1011",
            {
                "id": "1",
                "action": "add",
                "productOffering": {"id": "plan-20"},
                "product": {"place": [{"role": "installation address", "localNetwork": "025"}]},
            },
        )
        | {"relatedParty": [CUSTOMER | {"realNameCheck": REAL_NAME_CHECK}]},
    },
    "bundle": {
        "summary": "Two products in a bundle",
        "value": order_body(
            "CRM-1003",
            {
                **item_body("1", "home-300"),
                "productOrderItem": [
                    {"id": "1.1", "action": "add", "productOffering": {"id": "ftth-300"}},
                    {"id": "1.2", "action": "add", "productOffering": {"id": "voice-basic"}},
                ],
            },
        ),
    },
    "change": {
        "summary": "Change the speed of a line",
        "value": order_body(
            "CRM-1005",
            {
                "id": "1",
                "action": "modify",
                "businessAction": "change",
                "productOffering": {"id": "ftth-1000"},
                "product": {"id": "7f0e0f2e-5a44-5b0e-9a52-8f0f4a1c2b3d"},
            },
        ),
    },
    "suspend": {
        "summary": "Suspend a product at the customer's request",
        "value": order_body(
            "CRM-1006",
            {
                "id": "1",
                "action": "modify",
                "businessAction": "suspend",
                "suspensionReason": "request",
                "product": {"id": "7f0e0f2e-5a44-5b0e-9a52-8f0f4a1c2b3d"},
            },
        ),
    },
    "disconnect": {
        "summary": "Disconnect a product",
        "value": order_body(
            "CRM-1004",
            {
                "id": "1",
                "action": "delete",
                "product": {"id": "7f0e0f2e-5a44-5b0e-9a52-8f0f4a1c2b3d"},
            },
        ),
    },
}

ORDER_ID = "0199a0c2-1111-7222-8333-123456789012"
PRODUCT_ID = "48ad8b2b-4faa-5c2d-b96b-62f88e225758"
TERM = "Minimum spend for a number of grade AAAA"


TAX_PERCENT = 9.0


def price_amount(value: float) -> dict[str, Any]:
    """Return an amount without tax and with it."""
    taxed = round(value * (100 + TAX_PERCENT) / 100, 2)
    return {
        "dutyFreeAmount": {"unit": "CNY", "value": value},
        "taxIncludedAmount": {"unit": "CNY", "value": taxed},
    }


def taxed_line(id_: str, line: dict[str, Any]) -> dict[str, Any]:
    """Return a line for a price of the telephone, with the rate of its tax."""
    price = line["price"] | {"taxRate": TAX_PERCENT}
    reference = price_reference(id_, line["name"])
    return line | {"price": price, "productOfferingPrice": reference}


def one_time_line(name: str, value: float) -> dict[str, Any]:
    """Return a line of what is paid once."""
    return {"name": name, "priceType": "oneTime", "price": price_amount(value)}


def recurring_line(name: str, value: float) -> dict[str, Any]:
    """Return a line of what is paid every month."""
    line = {"name": name, "priceType": "recurring", "recurringChargePeriod": "month"}
    return {**line, "price": price_amount(value)}


PARTY_LINK = f"{PARTIES_PATH}/individual/C-320100-0001"
PLACE = {
    "id": "addr-320102-002-0001",
    "href": f"{ADDRESSES_PATH}/addr-320102-002-0001",
    "role": "installation address",
    "localNetwork": "025",
    "@referredType": "GeographicAddress",
}
OFFERING_REFERENCE = {
    "id": "voice-basic",
    "href": f"{OFFERINGS_PATH}/voice-basic",
    "name": "Telephone",
    "version": "2",
}
SPECIFICATION_REFERENCE = {"id": "voice", "href": f"{SPECIFICATIONS_PATH}/voice"}
CHARACTERISTICS = [
    {"name": "number", "value": "+862580001111", "valueType": "string"},
    {"name": "numberGrade", "value": "AAAA", "valueType": "string"},
]


def price_reference(id_: str, name: str) -> dict[str, Any]:
    """Return a reference to a price of the telephone."""
    full_id = f"voice-basic:{id_}"
    return {"id": full_id, "href": f"{PRICES_PATH}/{full_id}", "name": name}


PREPAYMENT = "Prepayment for a number of grade AAAA"
LINES = [
    taxed_line("voice-installation", one_time_line("Installation", 50.0)),
    taxed_line("voice-monthly", recurring_line("Line rental, monthly", 15.0)),
    taxed_line("grade-aaaa-prepaid", one_time_line(PREPAYMENT, 5000.0)),
    taxed_line("grade-aaaa-minimum", recurring_line(TERM, 373.0)),
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
            "href": PARTY_LINK,
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
            "productOffering": OFFERING_REFERENCE,
            "product": {
                "id": PRODUCT_ID,
                "isBundle": False,
                "place": [{name: each for name, each in PLACE.items() if name != "href"}],
                "productCharacteristic": CHARACTERISTICS,
                "productSpecification": SPECIFICATION_REFERENCE,
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
