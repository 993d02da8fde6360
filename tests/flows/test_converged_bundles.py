"""Bundles over fixed and mobile products: all of a bundle is delivered at its price, or nothing."""

from typing import Any

import pytest

from tests.flows.exchange_area import ExchangeArea
from tests.flows.lines import new_item, ordered
from tests.flows.order_items import modification, product_at
from tests.flows.site import Site
from tests.flows.test_commercial_changes import monthly
from tests.flows.test_lines import an_area, kinds_held, products_of, refusal

JSON = Any
MEMBERS = {
    "home-1000-tv": ("ftth-1000", "voice-basic", "iptv-4k", "pack-films"),
    "family-converged": ("ftth-500", "iptv-hd", "plan-60", "member-card", "data-10"),
    "office": ("ftth-1000", "voice-basic", "static-ipv4"),
}
CASES = [
    ("home-1000-tv", ("ims", "create-subscriber"), 185, 264),
    ("family-converged", ("pcrf", "add-pack"), 195.5, 303),
    ("office", ("ims", "add-enum"), 216.7, 314),
]
"""A bundle, an operation of a member that is refused, its price, and that of its products alone.

No crew works before that operation, so none has to take anything back.
"""


def a_bundle(site: Site, bundle: str, area: ExchangeArea, customer: str, *members: JSON) -> JSON:
    """Return an order for a bundle at an address, by a customer of any category."""
    item = {
        "id": bundle,
        "action": "add",
        "productOffering": {"id": bundle},
        "product": product_at(area.served),
        "productOrderItem": members
        or [
            {"id": each, "action": "add", "productOffering": {"id": each}}
            for each in MEMBERS[bundle]
        ],
    }
    order = ordered(site, item, customer=customer)
    order["relatedParty"][0]["category"] = "business"
    return order


def each_one(products: dict[str, JSON], action: str) -> list[JSON]:
    """Return the items of an action on each product."""
    return [modification(each["id"], action, id_=name) for name, each in products.items()]


def fails(site: Site, order: JSON, element: str, operation: str) -> None:
    """Post an order that fails because an element refuses; assert that it holds nothing then."""
    with site.faults(element, refusal(operation)):
        order_id = site.accepted(order)
        site.until_state(order_id, "failed")
    assert site.holdings(order_id) == {}


@pytest.mark.parametrize(("bundle", "refused", "price", "price_alone"), CASES)
def test_a_bundle_is_delivered_left_and_joined_as_a_whole_or_not_at_all(
    site: Site, bundle: str, refused: tuple[str, str], price: float, price_alone: float
) -> None:
    area, customer = an_area(site), f"C-{bundle}"
    of_network = new_item("vpn", area, "9")

    def now(expected: float) -> dict[str, JSON]:
        products = products_of(site, customer)
        assert len(products) == len(MEMBERS[bundle])
        assert monthly(products) == pytest.approx(expected)
        return products

    order = a_bundle(site, bundle, area, customer)
    fails(site, order | {"externalId": f"refused-{bundle}"}, *refused)
    assert products_of(site, customer) == {}
    site.completed(order)
    bundled = now(price)
    held = {name: kinds_held(site, each) for name, each in bundled.items()}

    left = each_one(bundled, "bundle-leave")
    fails(site, site.order(*left, of_network, customer=customer), "vpn-controller", "create-vpn")
    assert now(price) == bundled
    site.completed(site.order(*left, customer=customer))
    alone = now(price_alone)

    join = a_bundle(site, bundle, area, customer, *each_one(alone, "bundle-join"))
    with_network = join | {"externalId": f"unjoined-{bundle}"}
    with_network["productOrderItem"] = [*join["productOrderItem"], of_network]
    fails(site, with_network, "vpn-controller", "create-vpn")
    assert now(price_alone) == alone
    site.completed(join)

    joined = now(price)
    assert {name: kinds_held(site, each) for name, each in joined.items()} == held
    assert {name: each["id"] for name, each in joined.items()} == {
        name: each["id"] for name, each in bundled.items()
    }
