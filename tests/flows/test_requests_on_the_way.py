"""A plan requests resources, and gives them up, in any of its steps."""

from typing import Any

from services.console.client import ApiError
from tests.flows.order_items import disconnection, product_at
from tests.flows.site import Site

PAIR = {"kind": "pair"}
KEPT = PAIR | {"effect": "keep"}
ASSIGN = {"name": "assign", "kind": "assign"}
CROSS_CONNECT = {"name": "cross-connect", "kind": "activate", "element": "inline"}
NEW: dict[str, Any] = {
    "specification": "two-pairs",
    "business_action": "new",
    "version": 1,
    "needs": [PAIR],
    "steps": [
        ASSIGN,
        CROSS_CONNECT | {"operation": "connect", "undo": "disconnect", "after": ["assign"]},
        {"name": "second", "kind": "assign", "needs": [PAIR], "after": ["cross-connect"]},
    ],
}
DISCONNECT: dict[str, Any] = {
    "specification": "two-pairs",
    "business_action": "disconnect",
    "version": 1,
    "needs": [KEPT, KEPT],
    "steps": [
        ASSIGN,
        CROSS_CONNECT | {"operation": "disconnect", "after": ["assign"]},
        {"name": "give-up", "kind": "release", "needs": [PAIR, PAIR], "after": ["cross-connect"]},
    ],
}
CATALOGUE = {
    "specifications": [{"id": "two-pairs", "version": 1, "name": "two pairs"}],
    "offerings": [
        {"id": "two-pairs", "version": 1, "name": "two pairs", "specification": "two-pairs"}
    ],
}


def sell(site: Site) -> None:
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


def values(held: list[dict[str, Any]]) -> set[str]:
    """Return the names of holdings in the inventory."""
    return {each["value"] for each in held}


def test_resources_are_requested_and_given_up_in_steps_behind_the_first(site: Site) -> None:
    sell(site)
    place = site.exchange_area(pairs=3)
    order_id = site.accepted(site.order(two_pairs(place.served), customer="C-two"))
    assert site.fulfil(order_id)["state"] == "completed"
    (item,) = site.plan(order_id)["items"]
    assert [each["kind"] for each in item["held"]] == ["pair", "pair"]

    # One pair is left: the second request of another order is refused, and its first is undone.
    refused = site.accepted(site.order(two_pairs(place.served), customer="C-refused"))
    ended = site.fulfil(refused)
    assert (ended["state"], site.plan(refused)["failure"]["step"]) == ("failed", "1/second")
    assert site.holdings(refused) == {}

    (product,) = site.products("C-two")
    ending = site.accepted(site.order(disconnection(product["id"]), customer="C-two"))
    assert site.fulfil(ending)["state"] == "completed"
    (ended_item,) = site.plan(ending)["items"]
    assert ended_item["held"] == []
    assert values(ended_item["pre_released"]) == values(item["held"])
    site.until(lambda: not site.holdings(item["service_id"]))
    site.completed(site.order(two_pairs(place.served), customer="C-again"))
