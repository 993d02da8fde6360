"""The address decides the area of an order, on the whole system."""

from typing import Any

from tests.flows.order_items import fibre
from tests.flows.site import WORK_ORDERS, Site

ZHENJIANG = "0511"


def without_area(address: str, offering: str = "ftth-300") -> Any:
    """Return an item without the area of its address."""
    item = fibre(address)
    item["productOffering"]["id"] = offering
    del item["product"]["place"][0]["localNetwork"]
    return item


def test_an_order_that_says_another_area_than_its_address_is_rejected_with_the_reason(
    site: Site,
) -> None:
    place = site.exchange_area(network=ZHENJIANG)

    order_id = site.accepted(site.order(fibre(place.served)))

    (error,) = site.until_state(order_id, "rejected")["productOrderErrorMessage"]
    assert error["code"] == "unserved"
    assert error["reason"] == f"address {place.served} lies in local network 0511, not in 025"
    assert site.holdings(order_id) == {}


def test_an_order_that_says_no_area_is_in_the_lists_of_its_address(site: Site) -> None:
    place = site.exchange_area(network=ZHENJIANG)
    order = site.order(without_area(place.served))

    order_id = site.accepted(order)
    site.until(lambda: site.work_orders(order_id))

    crew = site.client("ops")
    listed = crew.get("provisioning", WORK_ORDERS, order_id=order_id, local_network=ZHENJIANG)
    assert {each["local_network"] for each in listed} == {ZHENJIANG}
    ended = site.fulfil(order_id)
    (product,) = site.products(order["relatedParty"][0]["id"])
    for shown in (ended["productOrderItem"][0]["product"], product):
        assert [each["localNetwork"] for each in shown["place"]] == [ZHENJIANG]


def test_where_an_offering_is_sold_is_judged_by_the_address(site: Site) -> None:
    offering: dict[str, Any] = {
        "id": f"ftth-{ZHENJIANG}",
        "version": 1,
        "name": "fibre for Zhenjiang",
        "specification": "ftth",
        "eligibility": {"local_networks": [ZHENJIANG]},
    }
    site.client("ops").post("order", "/ops/v1/catalogue", {"offerings": [offering]})
    here, there = site.exchange_area(network=ZHENJIANG), site.exchange_area()

    sold = site.accepted(site.order(without_area(here.served, offering["id"])))
    refused = site.accepted(site.order(without_area(there.served, offering["id"])))

    assert site.fulfil(sold)["state"] == "completed"
    (error,) = site.until_state(refused, "rejected")["productOrderErrorMessage"]
    assert "not sold in local network 025" in error["reason"]
    assert "it is sold in: 0511" in error["reason"]
