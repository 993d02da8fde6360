"""A product of each line of business lives its life on the whole system, and each action fails."""

from typing import Any

import pytest

from tests.flows.exchange_area import ExchangeArea
from tests.flows.lines import LINES, an_item, element_name, new_item, new_items, stock
from tests.flows.order_items import disconnection
from tests.flows.site import Site

JSON = Any
TESTED = [name for name in LINES if name != "ftth"]
"""The lines that have no tests of their own."""

FAILING = [name for name in TESTED if LINES[name].refused]


def an_area(site: Site) -> ExchangeArea:
    """Return an area with all that the lines need."""
    area = site.exchange_area()
    stock(site, area)
    return area


def products_of(site: Site, customer: str) -> dict[str, JSON]:
    """Return a customer's products that are not terminated, by their specifications."""
    found = site.products(customer, status="")
    return {
        each["productSpecification"]["id"]: each for each in found if each["status"] != "terminated"
    }


def service_of(product: JSON) -> str:
    return str(product["realizingService"][0]["id"])


def kinds_held(site: Site, product: JSON) -> dict[str, list[str]]:
    """Return the values that a product's service holds, by kind."""
    found = site.client("viewer").get("resources", f"/ops/v1/holdings/{service_of(product)}")
    kinds: dict[str, list[str]] = {}
    for each in found["held"]:
        kinds.setdefault(each["kind"], []).append(each["value"])
    return kinds


def disconnected(site: Site, name: str, products: dict[str, JSON], customer: str) -> JSON:
    """Return an order that disconnects a product and those on which it relies."""
    names = (*LINES[name].bases, name)
    items = [disconnection(products[each]["id"], id_=each) for each in names]
    return site.order(*items, customer=customer)


@pytest.mark.parametrize("name", TESTED)
def test_a_product_lives_its_life(site: Site, name: str) -> None:
    line, area, other = LINES[name], an_area(site), an_area(site)
    customer = f"C-life-{name}"
    site.completed(site.order(*new_items(name, area), customer=customer))
    product = products_of(site, customer)[name]
    assert set(kinds_held(site, product)) == line.holds

    if line.other_offering:
        change = an_item(name, "change", product["id"], other)
        site.completed(site.order(change, customer=customer))
        changed = products_of(site, customer)[name]
        assert changed["productOffering"]["id"] == line.other_offering
        assert kinds_held(site, changed) == kinds_held(site, product)
    if "suspend" in line.refused:
        for action, status in (("suspend", "suspended"), ("resume", "active")):
            item = an_item(name, action, product["id"], other)
            site.completed(site.order(item, customer=customer))
            assert products_of(site, customer)[name]["status"] == status
    if "move" in line.refused:
        move = an_item(name, "move", product["id"], other)
        site.completed(site.order(move, customer=customer))
        assert service_of(product) in site.subjects(element_name("pe", other))
        assert service_of(product) not in site.subjects(element_name("pe", area))

    site.completed(disconnected(site, name, products_of(site, customer), customer))
    assert products_of(site, customer) == {}
    site.until(lambda: not kinds_held(site, product))
    elements = {element_name(each, area) for each, _ in line.refused.values()}
    assert not [each for each in elements if service_of(product) in site.subjects(each)]


@pytest.mark.parametrize("name", FAILING)
def test_an_action_that_its_element_refuses_leaves_everything_as_it_was(
    site: Site, name: str
) -> None:
    line, area, other = LINES[name], an_area(site), an_area(site)
    customer = f"C-undone-{name}"
    element, operation = line.refused["new"]
    with site.faults(element_name(element, area), refusal(operation)):
        order = site.accepted(site.order(*new_items(name, area), customer=customer))
        assert site.fulfil(order)["state"] == "failed"
    assert site.client("viewer").get("resources", f"/ops/v1/holdings/{order}")["held"] == []

    site.completed(site.order(*new_items(name, area), customer=customer))
    for action, (element, operation) in line.refused.items():
        products = products_of(site, customer)
        before = products[name], kinds_held(site, products[name])
        if action == "new":
            continue
        if action == "resume":
            suspend = an_item(name, "suspend", products[name]["id"], other)
            site.completed(site.order(suspend, customer=customer))
            before = products_of(site, customer)[name], before[1]
        at = other if action == "move" else area
        order = (
            disconnected(site, name, products, customer)
            if action == "disconnect"
            else site.order(an_item(name, action, products[name]["id"], other), customer=customer)
        )
        with site.faults(element_name(element, at), refusal(operation)):
            assert site.fulfil(site.accepted(order))["state"] == "failed", action
        after = products_of(site, customer)[name]
        assert (after, kinds_held(site, after)) == before
        if action == "resume":
            resume = an_item(name, "resume", products[name]["id"], other)
            site.completed(site.order(resume, customer=customer))


def refusal(operation: str) -> JSON:
    return {"fault": "refuse", "kind": operation, "code": "busy"}


def test_a_rental_that_a_crew_cannot_hand_over_leaves_nothing(site: Site) -> None:
    area = an_area(site)
    order = site.accepted(site.order(new_item("rental", area, "1"), customer="C-unpatched"))

    for _ in range(3):
        work_order = site.work_order(order, "patch")
        site.answer_work_order(work_order, "return", reason="no free fibre on the frame")
    site.until(lambda: site.fallout(order))
    site.decide(order, "fail", step="1/hand-over-core", reason="nothing to patch")

    assert site.fulfil(order)["state"] == "failed"
    assert products_of(site, "C-unpatched") == {}
    assert site.client("viewer").get("resources", f"/ops/v1/holdings/{order}")["held"] == []


def test_what_relies_on_a_line_moves_and_ends_with_it_or_not_at_all(site: Site) -> None:
    area, other = an_area(site), an_area(site)
    customer = "C-together"
    names = ("ftth", "iptv", "contentpack", "staticip")
    items = [new_item(each, area, str(n)) for n, each in enumerate(names, start=1)]
    site.completed(site.order(*items, customer=customer))
    products = products_of(site, customer)
    relations = {name: each.get("productRelationship", []) for name, each in products.items()}
    assert [each["product"]["id"] for each in relations["contentpack"]] == [products["iptv"]["id"]]

    def moved(*which: str) -> JSON:
        moves = [
            an_item(each, "move", products[each]["id"], other) | {"id": each} for each in which
        ]
        return site.order(*moves, customer=customer)

    alone = site.post(moved("ftth"))
    assert {each["code"] for each in alone.json()["errors"]} == {"product-needed"}
    with site.faults("aaa", refusal("modify-account")):
        assert site.fulfil(site.accepted(moved(*names)))["state"] == "failed"
    assert products_of(site, customer) == products
    site.completed(moved(*names))

    television = service_of(products["iptv"])
    assert television in site.subjects(other.olt)
    assert television not in site.subjects(area.olt)
    after = products_of(site, customer)
    assert {each["place"][0]["id"] for each in after.values()} == {other.served}
    ended = site.order(
        *(disconnection(after[each]["id"], id_=each) for each in names), customer=customer
    )
    site.completed(ended)
    assert products_of(site, customer) == {}


def test_an_existing_base_is_found_by_its_customer_and_locked_by_the_order(site: Site) -> None:
    area = an_area(site)
    customer = "C-later"
    nothing = site.post(site.order(new_item("iptv", area, "1"), customer=customer))
    assert [each["code"] for each in nothing.json()["errors"]] == ["base-missing"]
    site.completed(site.order(new_item("ftth", area, "1"), customer=customer))
    base = products_of(site, customer)["ftth"]

    order = site.accepted(site.order(new_item("iptv", area, "1"), customer=customer))
    busy = site.post(site.order(disconnection(base["id"]), customer=customer))

    assert (busy.status_code, busy.json()["code"]) == (409, "product-busy")
    assert site.fulfil(order)["state"] == "completed"
    iptv = products_of(site, customer)["iptv"]
    assert iptv["place"][0]["id"] == area.served
    assert site.configured(area.olt, service_of(iptv))["pon_port"] == "0/1/1"
    needed = site.post(site.order(disconnection(base["id"]), customer=customer))
    assert [each["code"] for each in needed.json()["errors"]] == ["product-needed"]
