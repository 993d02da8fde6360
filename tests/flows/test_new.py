"""New lines: from the CRM's request to a working service."""

import pytest

from services.console.journey import journey_of
from tests.flows.order_items import fibre, home_bundle, telephone
from tests.flows.site import INVENTORY, Site


def test_fibre_is_assigned_activated_installed_tested_and_held(site: Site) -> None:
    place = site.exchange_area()

    order = site.completed(site.order(fibre(place.served, speed=1000), customer="C-fibre"))

    assert {item["state"] for item in order["productOrderItem"]} == {"completed"}
    (product,) = site.products("C-fibre")
    (service,) = site.client("viewer").get(
        "provisioning", INVENTORY, **{"relatedParty.id": "C-fibre"}
    )
    held = site.held(service["id"], leg="in_use", vlan="in_use", loid="in_use")
    assert service["id"] in site.subjects("aaa") & site.subjects(place.olt)
    view = site.view("C-fibre", products=1)
    assert [each["id"] for each in view["products"]] == [product["id"]]
    assert {each["value"] for each in view["lines"]} == {each["value"] for each in held.values()}


def test_a_telephone_gets_the_lowest_plain_number_of_its_exchange(site: Site) -> None:
    place = site.exchange_area()

    site.completed(site.order(telephone(place.served), customer="C-telephone"))

    (product,) = site.products("C-telephone")
    number = site.number(product["productSerialNumber"], "in_use")
    assert (number["exchange"], number["grade"]) == (place.exchange, "")
    assert [each["became"] for each in number["history"]] == ["reserved", "in_use"]
    view = site.view("C-telephone", products=1)
    assert [each["value"] for each in view["numbers"]] == [number["number"]]


def test_the_fibre_and_the_telephone_of_a_bundle_come_together_and_cost_less(site: Site) -> None:
    place = site.exchange_area()

    order = site.completed(site.order(home_bundle(place.served), customer="C-home"))

    offerings = {each["productOffering"]["id"] for each in site.products("C-home")}
    assert offerings == {"ftth-300", "voice-basic"}
    site.held(order["id"], **dict.fromkeys(("leg", "vlan", "loid", "number", "pair"), "in_use"))
    monthly = {each["monthlyCents"] for each in site.view("C-home", products=2)["products"]}
    assert monthly == {7920, 750}
    for product in site.products("C-home"):
        journey = site.client("viewer").get("order", f"/ops/v1/journeys/{product['id']}")
        assert [each["what"] for each in journey] == ["order.item_completed.v1"]


def test_a_number_that_was_searched_for_and_held_is_the_one_that_is_given(site: Site) -> None:
    place, crm = site.exchange_area(numbers=200), site.client("crm")
    found = crm.get("resources", "/ops/v1/numbers", exchange=place.exchange, grade="AAA")
    number, grade = found[0]["number"], found[0]["grade"]
    crm.send("resources", "POST", f"/ops/v1/numbers/{number}/hold")

    order = site.order(telephone(place.served, number=number, grade=grade), customer="C-picked")
    placed = site.completed(order)

    (product,) = site.products("C-picked")
    assert product["productSerialNumber"] == number
    states = [each["became"] for each in site.number(number, "in_use")["history"]]
    assert states == ["selected", "reserved", "in_use"]
    (item,) = placed["productOrderItem"]
    (term,) = item["itemTerm"]
    assert term["duration"]["amount"] == 24


def test_a_number_that_another_client_holds_is_not_given(site: Site) -> None:
    place, other = site.exchange_area(numbers=200), site.client("crm", name="another-shop")
    found = other.get("resources", "/ops/v1/numbers", exchange=place.exchange, grade="AAA")
    number = found[0]["number"]
    other.send("resources", "POST", f"/ops/v1/numbers/{number}/hold")

    order_id = site.accepted(site.order(telephone(place.served, number=number, grade="AAA")))

    ended = site.until_state(order_id, "failed")
    (error,) = ended["productOrderErrorMessage"]
    assert error["code"] == "not-available"
    assert "selected by another" in error["reason"]


@pytest.mark.parametrize("speed", [100, 300])
def test_an_order_costs_what_the_catalogue_says(site: Site, speed: int) -> None:
    place = site.exchange_area()

    answer = site.post(site.order(fibre(place.served, speed=speed))).json()

    prices = {
        each["priceType"]: each["price"]["taxFreeAmount"]["value"]
        for each in answer["orderTotalPrice"]
        if "taxFreeAmount" in each["price"]
    } or {each["priceType"]: each["price"] for each in answer["orderTotalPrice"]}
    assert set(prices) == {"oneTime", "recurring"}
    site.fulfil(answer["id"])


def test_all_services_report_the_journey_of_an_order(site: Site) -> None:
    place = site.exchange_area()
    order = site.completed(site.order(fibre(place.served)))

    for service in ("order", "provisioning", "resources"):
        steps = site.client("viewer").get(service, f"/ops/v1/journeys/{order['id']}")
        assert steps, service
        assert steps == sorted(steps, key=lambda step: step["at"])


def test_the_journey_of_an_order_names_the_number_and_the_line_that_it_was_given(
    site: Site,
) -> None:
    place = site.exchange_area()
    order = site.completed(site.order(home_bundle(place.served)))
    kinds = ("leg", "vlan", "loid", "number", "pair")
    held = site.held(order["id"], **dict.fromkeys(kinds, "in_use"))

    journey = journey_of(site.client("viewer"), order["id"])

    for kind in kinds:
        name = held[kind]["value"]
        states = [step.became for step in journey if (step.kind, step.what) == (kind, name)]
        assert states == ["reserved", "in_use"]
