"""A second number on the line of a telephone: it lives, moves and ends with it, or alone."""

from typing import Any

from tests.flows.lines import new_item
from tests.flows.order_items import disconnection, modification, product_at
from tests.flows.site import Site
from tests.flows.test_lines import (
    an_area,
    kinds_held,
    products_of,
    refusal,
    service_of,
    transferred,
)

JSON = Any


def moved(products: dict[str, JSON], address: str) -> list[JSON]:
    """Return the items that move products to an address."""
    items = [modification(each["id"], "move", id_=name) for name, each in products.items()]
    for each in items:
        each["product"] |= product_at(address)
    return items


def test_a_second_number_lives_and_moves_with_its_telephone(site: Site) -> None:
    area, customer, other = an_area(site), "C-two-numbers", "C-gets-two-numbers"
    items = [new_item(each, area, each) for each in ("voice", "secondnumber")]
    site.completed(site.order(*items, customer=customer))
    products = products_of(site, customer)
    first, second = products["voice"], products["secondnumber"]
    assert first["productSerialNumber"] != second["productSerialNumber"]
    (pair,) = kinds_held(site, first)["pair"]
    assert site.configured("ims", service_of(second))["pair"] == pair
    alone = site.post(site.order(disconnection(first["id"]), customer=customer))
    assert [each["code"] for each in alone.json()["errors"]] == ["product-needed"]

    site.completed(site.order(modification(second["id"], "change-number"), customer=customer))
    site.completed(site.order(*moved(products, area.unserved), customer=customer))

    after = products_of(site, customer)
    assert after["voice"]["productSerialNumber"] == first["productSerialNumber"]
    number = after["secondnumber"]["productSerialNumber"]
    assert number != second["productSerialNumber"]
    (pair,) = kinds_held(site, first)["pair"]
    configured = site.configured("ims", service_of(second))
    assert (configured["pair"], configured["number"]) == (pair, number)
    site.completed(transferred(site, after, customer, other))
    site.completed(site.order(disconnection(second["id"]), customer=other))
    assert set(products_of(site, other)) == {"voice"}
    assert service_of(second) not in site.subjects("ims")
    site.number(number, "quarantined")


def test_an_action_on_a_second_number_that_fails_leaves_everything_as_it_was(site: Site) -> None:
    area, customer = an_area(site), "C-no-second-number"
    site.completed(site.order(new_item("voice", area, "1"), customer=customer))

    with site.faults("ims", refusal("add-enum")):
        order = site.accepted(site.order(new_item("secondnumber", area, "1"), customer=customer))
        site.until_state(order, "failed")
    assert set(products_of(site, customer)) == {"voice"}
    assert site.client("viewer").get("resources", f"/ops/v1/holdings/{order}")["held"] == []

    site.completed(site.order(new_item("secondnumber", area, "1"), customer=customer))
    products = products_of(site, customer)
    second = products["secondnumber"]
    before = kinds_held(site, second), site.configured("ims", service_of(second))
    for operation, items in (
        ("modify-enum", [modification(second["id"], "change-number")]),
        ("delete-subscriber", [disconnection(second["id"])]),
    ):
        with site.faults("ims", refusal(operation)):
            order = site.accepted(site.order(*items, customer=customer))
            site.until_state(order, "failed")
        assert products_of(site, customer) == products
        assert (kinds_held(site, second), site.configured("ims", service_of(second))) == before
    order = site.accepted(site.order(*moved(products, area.unserved), customer=customer))
    for _ in range(3):
        site.answer_work_order(site.work_order(order, "run-jumper"), "return", reason="no pair")
    site.until(lambda: site.fallout(order))
    site.decide(order, "fail", step="voice/jumper", reason="no pair works")
    site.until_state(order, "failed")
    assert products_of(site, customer) == products
    assert (kinds_held(site, second), site.configured("ims", service_of(second))) == before
