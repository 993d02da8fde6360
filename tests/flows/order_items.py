"""Items of orders, as a CRM sends them."""

from typing import Any

from tests.flows.site import NETWORK

JSON = Any


def fibre(address: str, *, id_: str = "1", speed: int = 300) -> JSON:
    """Return the item of a new fibre line."""
    return {
        "id": id_,
        "action": "add",
        "productOffering": {"id": f"ftth-{speed}"},
        "product": product_at(address)
        | {"productCharacteristic": [{"name": "speedMbps", "value": speed}]},
    }


def telephone(address: str, *, id_: str = "1", number: str = "", grade: str = "") -> JSON:
    """Return the item of a new telephone, with a picked number if one is named."""
    values = {"number": number, "numberGrade": grade}
    characteristics = [{"name": name, "value": value} for name, value in values.items() if value]
    product = product_at(address) | ({"productCharacteristic": characteristics} if number else {})
    offering = {"id": "voice-basic"}
    return {"id": id_, "action": "add", "productOffering": offering, "product": product}


def home_bundle(address: str) -> JSON:
    """Return the item of fibre and telephone in a bundle."""
    return {
        "id": "1",
        "action": "add",
        "productOffering": {"id": "home-300"},
        "product": product_at(address),
        "productOrderItem": [
            {"id": "1.1", "action": "add", "productOffering": {"id": "ftth-300"}},
            {"id": "1.2", "action": "add", "productOffering": {"id": "voice-basic"}},
        ],
    }


def disconnection(product: str, *, id_: str = "1") -> JSON:
    """Return the item that disconnects a product."""
    return {"id": id_, "action": "delete", "product": {"id": product}}


def modification(
    product: str, business_action: str = "change", *, id_: str = "1", number: str = "", **item: Any
) -> JSON:
    """Return the item that changes a product, perhaps with a picked number."""
    values = [{"name": "number", "value": number}] if number else []
    return {
        "id": id_,
        "action": "modify",
        "businessAction": business_action,
        "product": {"id": product, "productCharacteristic": values},
        **item,
    }


def product_at(address: str) -> JSON:
    """Return a product at an address."""
    return {"place": [{"id": address, "role": "installation address", "localNetwork": NETWORK}]}
