"""Bodies that show in the API's description how orders are placed."""

from typing import Any

CUSTOMER = {"id": "C-320100-0001", "role": "customer", "name": "Zhang Wei"}
ADDRESS = {"id": "addr-320102-002-0001", "role": "installation address", "localNetwork": "025"}


def order_body(external_id: str, *items: dict[str, Any]) -> dict[str, Any]:
    """Return an order."""
    return {
        "externalId": external_id,
        "relatedParty": [CUSTOMER],
        "productOrderItem": list(items),
    }


def item_body(id_: str, offering: str, *characteristics: dict[str, Any]) -> dict[str, Any]:
    """Return an item that asks for one product."""
    product: dict[str, Any] = {"place": [ADDRESS]}
    if characteristics:
        product["productCharacteristic"] = list(characteristics)
    return {
        "id": id_,
        "action": "add",
        "productOffering": {"id": offering},
        "product": product,
    }


ORDER_EXAMPLES: dict[str, Any] = {
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
    "disconnect": {
        "summary": "Give up a product",
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
