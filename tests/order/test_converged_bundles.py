"""Converged bundles (融合套餐) over fixed and mobile products, each with a price of its own."""

import pytest

from services.order.domain.acceptance.acceptance import AcceptedOrder
from services.order.domain.fulfilment.installed_base import products_after
from services.order.domain.fulfilment.product import Product
from services.order.domain.order import Order
from shared.contracts import OrderedItem
from tests.conftest import NOON
from tests.order.builders import (
    ADDRESS,
    Json,
    a_body,
    a_fibre,
    a_member,
    a_place,
    accepted,
    an_item,
    faults_of,
    found,
    identified,
    product_of,
    service_completed,
)

HOME = ("ftth-1000", "voice-basic", "iptv-4k", "pack-films")
FAMILY = ("ftth-500", "iptv-hd", "plan-60", "member-card", "data-10")
OFFICE = ("ftth-1000", "voice-basic", "static-ipv4")


def a_bundle_of(offering: str, *members: Json, id_: str = "1", address: str = ADDRESS) -> Json:
    """Return an item that asks for a bundle at an address in the local network 025."""
    place = a_place(id=address, localNetwork="025")
    return an_item(id_, offering, place=place) | {"productOrderItem": list(members)}


def new_members(*offerings: str, id_: str = "1") -> list[Json]:
    return [a_member(f"{id_}.{n}", each) for n, each in enumerate(offerings, start=1)]


def a_family(id_: str = "1", address: str = ADDRESS) -> Json:
    members = new_members(*FAMILY, id_=id_)
    return a_bundle_of("family-converged", *members, id_=id_, address=address)


def joining(*products: Product) -> list[Json]:
    """Return nested items by which products join a bundle."""
    return [modification(each, "bundle-join", f"1.{n}") for n, each in enumerate(products, start=1)]


def modification(product: Product, action: str, id_: str) -> Json:
    named = {"id": str(product.id)}
    return {"id": id_, "action": "modify", "businessAction": action, "product": named}


def by_offering(order: Order) -> dict[str, OrderedItem]:
    return {each.ordered.offering_id: each.ordered for each in order.items}


def after(order: AcceptedOrder, products: tuple[Product, ...] = ()) -> tuple[Product, ...]:
    """Return the products that an order has made or changed when it has completed."""
    locked = {each.id: each for each in (*products, *order.locked_products)}
    made = products_after(order.order, locked, service_completed(order).services, NOON)
    return (*made.created, *made.changed)


def alone(*offerings: str, n: int = 1) -> tuple[Product, ...]:
    """Return products that an order of single items has made."""
    place = a_place(localNetwork="025")
    items = [an_item(f"{k}", offering, place=place) for k, offering in enumerate(offerings)]
    for item in items:
        if item["productOffering"]["id"] == "data-10":
            del item["product"]["place"]
    return after(accepted(identified(a_body(*items)), n))


def monthly(products: tuple[Product, ...]) -> int:
    return sum(each.content.monthly_cents for each in products)


@pytest.mark.parametrize(
    ("bundle", "members", "cents"),
    [
        ("home-1000-tv", HOME, (5000, 18500)),
        ("family-converged", FAMILY, (0, 19550)),
        ("office", OFFICE, (5000, 21670)),
    ],
)
def test_a_converged_bundle_has_a_price_of_its_own(
    bundle: str, members: tuple[str, ...], cents: tuple[int, int]
) -> None:
    body = identified(a_body(a_bundle_of(bundle, *new_members(*members))))
    body["relatedParty"][0]["category"] = "business"

    order = accepted(body).order

    assert (order.one_off_cents, order.monthly_cents) == cents
    assert {each.bundle for each in by_offering(order).values()} == {bundle}


def test_a_bundle_for_organizations_is_not_sold_to_the_public() -> None:
    body = a_body(a_bundle_of("office", *new_members(*OFFICE)))

    assert faults_of(body) == {("/productOrderItem/0/productOffering/id", "offering-not-eligible")}


def test_each_member_is_delivered_where_its_line_of_business_is() -> None:
    items = by_offering(accepted(identified(a_body(a_family()))).order)

    places = {name: (each.address_id, each.local_network) for name, each in items.items()}
    fixed, mobile = (ADDRESS, "025"), ("", "025")
    assert places == dict(zip(FAMILY, (fixed, fixed, mobile, mobile, mobile), strict=True))


def test_members_rely_on_those_of_their_own_bundle() -> None:
    families = a_family(), a_family("2", "addr-2")
    order = accepted(identified(a_body(*families))).order

    for bundle in ("1", "2"):
        fibre, iptv, plan, card, data = (
            each.ordered for each in order.items if each.bundle_item == bundle
        )
        assert iptv.base_product_id == fibre.product_id
        assert card.base_product_id == data.base_product_id == plan.product_id
        assert iptv.address_id == fibre.address_id


def test_a_new_member_relies_on_the_product_that_joins_the_bundle() -> None:
    joins, stays = product_of("ftth-1000")(1), a_fibre(2)
    members = new_members(*HOME[1:], id_="2")
    body = a_body(a_bundle_of("home-1000-tv", *joining(joins), *members))

    order = accepted(body, 3, products=(joins, stays))

    assert by_offering(order.order)["iptv-4k"].base_product_id == joins.id
    assert [each.id for each in order.locked_products] == [joins.id]


def test_a_new_member_card_is_delivered_where_the_plan_is_that_joins() -> None:
    suzhou = {"role": "installation address", "localNetwork": "0512"}
    (plan,) = after(accepted(identified(a_body(an_item("1", "plan-60", place=suzhou)))))
    others = [each for each in new_members(*FAMILY) if each["id"] != "1.3"]
    join = modification(plan, "bundle-join", "1.3")
    body = identified(a_body(a_bundle_of("family-converged", join, *others)))

    items = by_offering(accepted(body, 2, products=(plan,)).order)

    assert items["member-card"].base_product_id == plan.id
    assert {items[each].local_network for each in FAMILY[3:]} == {"0512"}


def test_a_mobile_member_needs_the_local_network_of_the_bundle() -> None:
    family = a_family()
    del family["product"]["place"][0]["localNetwork"]

    assert faults_of(identified(a_body(family))) == {
        (f"/productOrderItem/0/productOrderItem/{n}/product/place", "local-network-missing")
        for n in (2, 3)
    }


def test_a_member_with_a_place_of_its_own_keeps_it() -> None:
    family = a_family()
    family["productOrderItem"][2]["product"]["place"] = [
        {"role": "installation address", "localNetwork": "0512"}
    ]

    items = by_offering(accepted(identified(a_body(family))).order)

    assert {items[each].local_network for each in FAMILY[2:]} == {"0512"}


def test_two_phone_cards_in_a_bundle_count_for_the_identity() -> None:
    families = [a_family(str(n), f"addr-{n}") for n in (1, 2, 3)]

    (fault,) = found(identified(a_body(*families)))

    assert (fault.code, "the order adds 6" in fault.reason) == ("identity-limit", True)
    assert {code for _, code in faults_of(a_body(a_family()))} == {"identity-missing"}


@pytest.mark.parametrize(
    ("bundle", "members", "cents", "cents_alone"),
    [("home-1000-tv", HOME, 18500, 26400), ("family-converged", FAMILY, 19550, 30300)],
)
def test_products_join_a_converged_bundle_and_leave_it(
    bundle: str, members: tuple[str, ...], cents: int, cents_alone: int
) -> None:
    own = alone(*members)
    joined = after(
        accepted(identified(a_body(a_bundle_of(bundle, *joining(*own)))), 2, products=own), own
    )
    leaves = [modification(each, "bundle-leave", str(n)) for n, each in enumerate(joined)]

    left = after(accepted(a_body(*leaves), 3, products=joined), joined)

    assert [monthly(each) for each in (own, joined, left)] == [cents_alone, cents, cents_alone]
    assert {each.content.bundle for each in joined} == {bundle}
    assert {each.bundle_id for each in left} == {None}
    bases = [{each.id: each.base_id for each in several} for several in (own, joined, left)]
    assert bases[0] == bases[1] == bases[2]


def test_a_member_leaves_a_converged_bundle_only_with_all_others() -> None:
    members = after(accepted(identified(a_body(a_family()))))

    (fault,) = found(a_body(modification(members[0], "bundle-leave", "1")), products=members)

    assert fault.code == "bundle-split"
    assert all(str(each.id) in fault.remedy for each in members[1:])
