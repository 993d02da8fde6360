"""Products that rely on others, and orders for them."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import msgspec

from services.order.domain.fulfilment.product import Product
from tests.order.builders import Json, a_disconnection, a_member, a_place, product_of


def television(id_: str = "1", **more: Any) -> Json:
    """Return an item of a new IPTV that names no address."""
    return a_member(id_, "iptv-hd") | more


def on_item(id_: str) -> Json:
    """Return what names an item as the base."""
    return {"productOrderItemRelationship": [{"id": id_, "relationshipType": "reliesOn"}]}


def on_product(product: UUID, kind: str = "reliesOn", *, twice: bool = False) -> Json:
    """Return what names a product as the base."""
    relationship = {"relationshipType": kind, "product": {"id": str(product)}}
    return {"product": {"productRelationship": [relationship] * (1 + twice)}}


def a_television(base: Product, n: int = 2) -> Product:
    """Return an IPTV that relies on a line."""
    product = product_of("ftth-300", "iptv-hd")(n)
    return replace(product, base_id=base.id)


def ended_or_moved(action: str, product: Product, id_: str, to: str = "addr-2") -> Json:
    """Return an item that disconnects a product, or moves it to an address."""
    if action == "disconnect":
        return a_disconnection(product.id, id_)
    changed = {"id": str(product.id), "place": [a_place(id=to)]}
    return {"id": id_, "action": "modify", "businessAction": "move", "product": changed}


def at_address(product: Product, address: str) -> Product:
    """Return a product at another address."""
    content = msgspec.structs.replace(product.content, address_id=address)
    return replace(product, content=content)
