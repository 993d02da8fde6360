"""A product of each line of business lives its life on the whole system, and each action fails."""

from typing import Any

import pytest

from tests.flows.exchange_area import ExchangeArea
from tests.flows.lines import LINES, an_item, element_name, new_item, new_items, ordered, stock
from tests.flows.order_items import disconnection, modification, telephone
from tests.flows.site import Site

JSON = Any
TESTED = [name for name in LINES if name not in {"ftth", "voice"}]
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
    return ordered(site, *items, customer=customer)


@pytest.mark.parametrize("name", TESTED)
def test_a_product_lives_its_life(site: Site, name: str) -> None:
    line, area, other = LINES[name], an_area(site), an_area(site)
    customer = f"C-life-{name}"
    site.completed(ordered(site, *new_items(name, area), customer=customer))
    product = products_of(site, customer)[name]
    assert set(kinds_held(site, product)) == line.holds

    if line.other_offering:
        change = an_item(name, "change", product["id"], other)
        site.completed(ordered(site, change, customer=customer))
        changed = products_of(site, customer)[name]
        assert changed["productOffering"]["id"] == line.other_offering
        assert kinds_held(site, changed) == kinds_held(site, product)
    if "suspend" in line.refused:
        for action, status in (("suspend", "suspended"), ("resume", "active")):
            item = an_item(name, action, product["id"], other)
            site.completed(ordered(site, item, customer=customer))
            assert products_of(site, customer)[name]["status"] == status
    for action, kind in (("change-number", "number"), ("sim-swap", "sim")):
        if action in line.refused:
            before = kinds_held(site, product)
            item = an_item(name, action, product["id"], other)
            site.completed(ordered(site, item, customer=customer))
            after = kinds_held(site, product)
            assert {each for each in before if before[each] != after[each]} == {kind}
    if "move" in line.refused:
        move = an_item(name, "move", product["id"], other)
        site.completed(ordered(site, move, customer=customer))
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
        order = site.accepted(ordered(site, *new_items(name, area), customer=customer))
        assert site.fulfil(order)["state"] == "failed"
    assert site.client("viewer").get("resources", f"/ops/v1/holdings/{order}")["held"] == []

    site.completed(ordered(site, *new_items(name, area), customer=customer))
    for action, (element, operation) in line.refused.items():
        products = products_of(site, customer)
        before = products[name], kinds_held(site, products[name])
        if action == "new":
            continue
        if action == "resume":
            suspend = an_item(name, "suspend", products[name]["id"], other)
            site.completed(ordered(site, suspend, customer=customer))
            before = products_of(site, customer)[name], before[1]
        at = other if action == "move" else area
        order = (
            disconnected(site, name, products, customer)
            if action == "disconnect"
            else ordered(
                site, an_item(name, action, products[name]["id"], other), customer=customer
            )
        )
        with site.faults(element_name(element, at), refusal(operation)):
            assert site.fulfil(site.accepted(order))["state"] == "failed", action
        after = products_of(site, customer)[name]
        assert (after, kinds_held(site, after)) == before
        if action == "resume":
            resume = an_item(name, "resume", products[name]["id"], other)
            site.completed(ordered(site, resume, customer=customer))


def refusal(operation: str) -> JSON:
    return {"fault": "refuse", "kind": operation, "code": "busy"}


def test_a_rental_that_a_crew_cannot_hand_over_leaves_nothing(site: Site) -> None:
    area = an_area(site)
    order = site.accepted(ordered(site, new_item("rental", area, "1"), customer="C-unpatched"))

    for _ in range(3):
        work_order = site.work_order(order, "patch")
        site.answer_work_order(work_order, "return", reason="no free fibre on the frame")
    site.until(lambda: site.fallout(order))
    site.decide(order, "fail", step="1/hand-over-core", reason="nothing to patch")

    assert site.fulfil(order)["state"] == "failed"
    assert products_of(site, "C-unpatched") == {}
    assert site.client("viewer").get("resources", f"/ops/v1/holdings/{order}")["held"] == []


def test_a_batch_of_a_thousand_cards_is_assigned_activated_and_voided_as_one(site: Site) -> None:
    quantity, customer = 1000, "C-many-cards"
    area = an_area(site)
    cards = [{"kind": "card", "value": f"M-{area.exchange}-{n:04}"} for n in range(quantity)]
    site.client("ops").post("resources", "/ops/v1/import/items", cards)
    batch = new_item("card", area, "1")
    batch["product"]["productCharacteristic"] = [{"name": "quantity", "value": quantity}]

    site.completed(ordered(site, batch, customer=customer))

    product = products_of(site, customer)["card"]
    held = kinds_held(site, product)["card"]
    assert len(set(held)) == quantity
    assert site.configured("cards", service_of(product))["quantity"] == quantity
    (price,) = product["productPrice"]
    assert price["price"]["dutyFreeAmount"]["value"] == 48 * quantity
    site.completed(ordered(site, disconnection(product["id"]), customer=customer))
    site.until(lambda: not kinds_held(site, product))


def test_what_relies_on_a_line_moves_and_ends_with_it_or_not_at_all(site: Site) -> None:
    area, other = an_area(site), an_area(site)
    customer = "C-together"
    names = ("ftth", "iptv", "contentpack", "staticip")
    items = [new_item(each, area, str(n)) for n, each in enumerate(names, start=1)]
    site.completed(ordered(site, *items, customer=customer))
    products = products_of(site, customer)
    relations = {name: each.get("productRelationship", []) for name, each in products.items()}
    assert [each["product"]["id"] for each in relations["contentpack"]] == [products["iptv"]["id"]]

    def moved(*which: str) -> JSON:
        moves = [
            an_item(each, "move", products[each]["id"], other) | {"id": each} for each in which
        ]
        return ordered(site, *moves, customer=customer)

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
    ended = ordered(
        site, *(disconnection(after[each]["id"], id_=each) for each in names), customer=customer
    )
    site.completed(ended)
    assert products_of(site, customer) == {}


def test_an_existing_base_is_found_by_its_customer_and_locked_by_the_order(site: Site) -> None:
    area = an_area(site)
    customer = "C-later"
    nothing = site.post(ordered(site, new_item("iptv", area, "1"), customer=customer))
    assert [each["code"] for each in nothing.json()["errors"]] == ["base-missing"]
    site.completed(ordered(site, new_item("ftth", area, "1"), customer=customer))
    base = products_of(site, customer)["ftth"]

    order = site.accepted(ordered(site, new_item("iptv", area, "1"), customer=customer))
    busy = site.post(ordered(site, disconnection(base["id"]), customer=customer))

    assert (busy.status_code, busy.json()["code"]) == (409, "product-busy")
    assert site.fulfil(order)["state"] == "completed"
    iptv = products_of(site, customer)["iptv"]
    assert iptv["place"][0]["id"] == area.served
    assert site.configured(area.olt, service_of(iptv))["pon_port"] == "0/1/1"
    needed = site.post(ordered(site, disconnection(base["id"]), customer=customer))
    assert [each["code"] for each in needed.json()["errors"]] == ["product-needed"]


def transferred(site: Site, products: dict[str, JSON], old: str, new: str, *more: JSON) -> JSON:
    """Return an order by which products go to another customer."""
    items = [modification(each["id"], "transfer", id_=name) for name, each in products.items()]
    order = ordered(site, *items, *more, customer=new)
    order["relatedParty"].append({"id": old, "role": "previous owner"})
    return order


@pytest.mark.parametrize("name", ["voice", "contentpack", "staticip", "leasedline", "vpnsite"])
def test_a_product_and_what_relies_on_it_go_to_another_customer(site: Site, name: str) -> None:
    area = an_area(site)
    old, new = f"C-old-{name}", f"C-new-{name}"
    items = [telephone(area.served)] if name == "voice" else new_items(name, area)
    site.completed(ordered(site, *items, customer=old))
    before = products_of(site, old)

    site.completed(transferred(site, before, old, new))

    after = products_of(site, new)
    assert products_of(site, old) == {}
    for each, product in before.items():
        assert (after[each]["id"], service_of(after[each])) == (
            product["id"],
            service_of(product),
        )
        assert kinds_held(site, after[each]) == kinds_held(site, product)
    assert {each["id"] for each in site.view(new, products=len(after))["products"]} == {
        each["id"] for each in after.values()
    }
    site.view(old, products=0)
    bases = LINES[name].bases if name in LINES else ()
    names = (*bases, name)
    ended = [disconnection(after[each]["id"], id_=each) for each in names]
    site.completed(ordered(site, *ended, customer=new))


@pytest.mark.parametrize("name", ["membercard", "datapack"])
def test_a_mobile_product_goes_to_another_customer_with_its_number(site: Site, name: str) -> None:
    area = an_area(site)
    old, new = f"C-old-{name}", f"C-new-{name}"
    site.completed(ordered(site, *new_items(name, area), customer=old))
    before = products_of(site, old)
    alone = transferred(site, {"mobile": before["mobile"]}, old, new)
    assert {each["code"] for each in site.post(alone).json()["errors"]} == {"product-needed"}

    site.completed(transferred(site, before, old, new))

    numbers = [each[name].get("productSerialNumber") for each in (before, products_of(site, new))]
    assert numbers[0] == numbers[1]


def test_a_transfer_in_an_order_that_fails_leaves_the_product_with_its_customer(
    site: Site,
) -> None:
    area = an_area(site)
    old, new = "C-keeps", "C-gets-nothing"
    site.completed(ordered(site, new_item("ftth", area, "1"), customer=old))
    before = products_of(site, old)
    line = new_item("vpn", area, "9")

    with site.faults("vpn-controller", refusal("create-vpn")):
        order = site.accepted(transferred(site, before, old, new, line))
        assert site.fulfil(order)["state"] == "failed"

    assert products_of(site, old) == before
    assert products_of(site, new) == {}
