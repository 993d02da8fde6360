"""A plan requests resources, and gives them up, in any of its steps."""

from typing import Any

from tests.flows.order_items import disconnection
from tests.flows.site import Site
from tests.flows.two_pairs import sell_two_pairs, two_pairs


def values(held: list[dict[str, Any]]) -> set[str]:
    """Return the names of holdings in the inventory."""
    return {each["value"] for each in held}


def test_resources_are_requested_and_given_up_in_steps_behind_the_first(site: Site) -> None:
    sell_two_pairs(site)
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
