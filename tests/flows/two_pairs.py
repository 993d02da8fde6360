"""A product that requests resources, and gives them up, in steps behind the first."""

from typing import Any

from services.console.client import ApiError
from tests.flows.order_items import product_at
from tests.flows.site import Site

PAIR = {"kind": "pair"}
KEPT = PAIR | {"effect": "keep"}
ASSIGN = {"name": "assign", "kind": "assign"}
ACCOUNT = {
    "name": "account",
    "kind": "activate",
    "after": ["assign"],
    "element": "aaa",
    "parameters": [{"name": "loid", "value": "$pair.value"}],
}
CREATE = {
    "operation": "create-account",
    "undo": "delete-account",
    "nothing_to_undo": ["account-missing"],
}
DELETE = {
    "operation": "delete-account",
    "undo": "create-account",
    "nothing_to_undo": ["account-exists"],
}
NEW: dict[str, Any] = {
    "specification": "two-pairs",
    "business_action": "new",
    "version": 1,
    "needs": [PAIR],
    "steps": [
        ASSIGN,
        ACCOUNT | CREATE,
        {"name": "second", "kind": "assign", "needs": [PAIR], "after": ["account"]},
    ],
}
DISCONNECT: dict[str, Any] = {
    "specification": "two-pairs",
    "business_action": "disconnect",
    "version": 1,
    "needs": [KEPT, KEPT],
    "steps": [
        ASSIGN,
        ACCOUNT | DELETE,
        {"name": "give-up", "kind": "release", "needs": [PAIR, PAIR], "after": ["account"]},
    ],
}
CATALOGUE = {
    "specifications": [{"id": "two-pairs", "version": 1, "name": "two pairs"}],
    "offerings": [
        {"id": "two-pairs", "version": 1, "name": "two pairs", "specification": "two-pairs"}
    ],
}


def sell_two_pairs(site: Site) -> None:
    """Publish the blueprints and the offering of a line with two pairs."""
    ops = site.client("ops")
    ops.post("provisioning", "/ops/v1/blueprints", [NEW, DISCONNECT])

    def is_sold() -> Any:
        try:
            return ops.post("order", "/ops/v1/catalogue", CATALOGUE)
        except ApiError:  # order has not consumed the blueprints yet
            return None

    site.until(is_sold)


def two_pairs(address: str) -> dict[str, Any]:
    """Return the item of a new line with two pairs."""
    product = product_at(address)
    return {"id": "1", "action": "add", "productOffering": {"id": "two-pairs"}, "product": product}
