"""Each business action on each line of business fails, and leaves everything as it was."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.flows.exchange_area import ExchangeArea
from tests.flows.order_items import disconnection, fibre, modification, product_at, telephone
from tests.flows.site import Site

JSON = Any
LINES: dict[str, Callable[[str], JSON]] = {"ftth": fibre, "voice": telephone}
SUSPENDED = {"suspensionReason": "request"}
REFUSED: dict[tuple[str, str], tuple[str, str]] = {
    ("ftth", "change"): ("aaa", "modify-account"),
    ("ftth", "suspend"): ("aaa", "bar-account"),
    ("ftth", "resume"): ("aaa", "bar-account"),
    ("ftth", "move"): ("aaa", "modify-account"),
    ("ftth", "disconnect"): ("aaa", "delete-account"),
    ("voice", "change"): ("ims", "modify-subscriber"),
    ("voice", "suspend"): ("ims", "bar-subscriber"),
    ("voice", "resume"): ("ims", "bar-subscriber"),
    ("voice", "change-number"): ("ims", "modify-enum"),
    ("voice", "move"): ("ims", "modify-enum"),
    ("voice", "disconnect"): ("ims", "delete-subscriber"),
}
"""The element and the operation that are refused, by line and action."""


def an_item(line: str, action: str, product: str, other: ExchangeArea) -> JSON:
    """Return the item of an action on a product."""
    match line, action:
        case _, "disconnect":
            return disconnection(product)
        case _, "suspend" | "resume":
            return modification(product, action) | SUSPENDED
        case _, "move":
            item = modification(product, action)
            item["product"] |= product_at(other.served)
            if line == "voice":
                item["product"]["productCharacteristic"] = [
                    {"name": "number", "value": other.first_plain}
                ]
            return item
        case "ftth", "change":
            return modification(product, productOffering={"id": "ftth-1000"})
        case "voice", "change":
            item = modification(product)
            item["product"]["productCharacteristic"] = [{"name": "callerId", "value": True}]
            return item
        case _:
            return modification(product, action)


def state_of(site: Site, product: JSON, areas: list[ExchangeArea]) -> JSON:
    """Return a product, what its service holds, and how elements are configured for it."""
    service = product["realizingService"][0]["id"]
    elements = ["aaa", "ims", *(each.olt for each in areas)]
    shown = site.client("viewer").get(
        "order", f"/tmf-api/productInventory/v4/product/{product['id']}"
    )
    held = {kind: (each["value"], each["state"]) for kind, each in site.holdings(service).items()}
    return shown, held, {name: site.configured(name, service) for name in elements}


@pytest.mark.parametrize(("line", "action"), REFUSED)
def test_an_action_that_fails_leaves_everything_as_it_was(
    site: Site, line: str, action: str
) -> None:
    areas = [site.exchange_area(), site.exchange_area()]
    customer = f"C-undone-{line}-{action}"
    site.completed(site.order(LINES[line](areas[0].served), customer=customer))
    if action == "resume":
        (product,) = site.products(customer)
        item = modification(product["id"], "suspend") | SUSPENDED
        site.completed(site.order(item, customer=customer))
    (product,) = site.products(customer, status="")
    before = state_of(site, product, areas)
    element, operation = REFUSED[line, action]
    item = an_item(line, action, product["id"], areas[1])
    refusal = {
        "fault": "refuse",
        "kind": operation,
        "subject": product["realizingService"][0]["id"],
        "code": "no-licence",
    }

    with site.faults(element, refusal):
        ended = site.fulfil(site.accepted(site.order(item, customer=customer)))

    assert (ended["state"], ended["productOrderErrorMessage"][0]["code"]) == (
        "failed",
        "no-licence",
    )
    site.until(lambda: state_of(site, product, areas) == before)
    again = site.order(item, customer=customer)
    site.completed(again)


def test_a_telephone_that_an_element_refuses_leaves_nothing(site: Site) -> None:
    area = site.exchange_area()
    refusal = {"fault": "refuse", "kind": "add-enum", "code": "no-licence", "times": 1}

    with site.faults("ims", refusal):
        site.until_state(
            site.accepted(site.order(telephone(area.served), customer="C-none")), "failed"
        )

    assert site.products("C-none", status="") == []
    site.number(area.first, "idle")
