"""Existing products become members of bundles, and leave them (加入融合, 退出融合)."""

from collections.abc import Callable

import pytest

from services.order.api.views.orders import show_order
from services.order.domain.acceptance.acceptance import AcceptedOrder
from services.order.domain.fulfilment.installed_base import products_after
from services.order.domain.fulfilment.order_end import advance_order_and_products
from services.order.domain.fulfilment.product import Product
from services.order.domain.order import derive_product_id
from tests.conftest import NOON
from tests.order.builders import (
    Json,
    a_body,
    a_bundle,
    a_disconnection,
    a_fibre,
    a_member,
    a_product,
    accepted,
    an_item,
    bundled_products,
    faults_of,
    found,
    order_id,
    product_of,
    service_completed,
    service_failed,
)

IN_BUNDLE = (7920, 750)
"""What the line and the telephone cost a month in the bundle."""

ALONE = (9900, 1500)


def a_join(product: Product, id_: str = "1.1") -> Json:
    """Return a nested item by which a product joins the bundle."""
    return a_modification(product, "bundle-join", id_)


def a_leave(product: Product, id_: str = "1") -> Json:
    return a_modification(product, "bundle-leave", id_)


def a_modification(product: Product, action: str, id_: str) -> Json:
    named = {"id": str(product.id)}
    return {"id": id_, "action": "modify", "businessAction": action, "product": named}


def after(order: AcceptedOrder, products: tuple[Product, ...]) -> dict[str, Product]:
    """Return the products after an order has completed, by their specifications."""
    locked = {each.id: each for each in (*products, *order.locked_products)}
    made = products_after(order.order, locked, service_completed(order).services, NOON)
    return {each.specification: each for each in (*made.created, *made.changed)}


def monthly(products: dict[str, Product]) -> tuple[int, int]:
    return products["ftth"].content.monthly_cents, products["voice"].content.monthly_cents


def test_products_that_join_keep_their_ids_and_get_the_prices_of_the_bundle() -> None:
    own = (a_fibre(1), a_product(2))
    body = a_body(a_bundle("1", a_join(own[0]), a_join(own[1], "1.2")))

    order = accepted(body, 3, products=own)
    joined = after(order, own)

    bundle = derive_product_id(order_id(3), "1")
    assert {each.id for each in joined.values()} == {each.id for each in own}
    assert {(each.bundle_id, each.content.bundle) for each in joined.values()} == {
        (bundle, "home-300")
    }
    assert monthly(joined) == IN_BUNDLE
    assert order.order.one_off_cents == 0


def test_a_product_joins_a_bundle_whose_other_member_is_new() -> None:
    fibre = a_fibre()
    body = a_body(a_bundle("1", a_join(fibre), an_item("1.2", "voice-basic")))

    order = accepted(body, 2, products=(fibre,))

    joined = after(order, (fibre,))
    assert joined["ftth"].bundle_id == joined["voice"].bundle_id is not None
    assert monthly(joined) == IN_BUNDLE
    (item,) = show_order(order.order, order.progress).product_order_item
    assert (item.action, item.business_action) == ("add", "new")
    assert [each.business_action for each in item.product_order_item or ()] == [
        "bundle-join",
        "new",
    ]


def test_products_that_leave_cost_what_they_cost_alone() -> None:
    members = bundled_products()
    body = a_body(a_leave(members[0]), a_leave(members[1], "2"))

    left = after(accepted(body, 2, products=members), members)

    assert {(each.bundle_id, each.content.bundle) for each in left.values()} == {(None, "")}
    assert monthly(left) == ALONE


def test_of_a_bundle_one_product_may_be_disconnected_and_the_other_leave() -> None:
    members = bundled_products()
    body = a_body(a_leave(members[0]), a_disconnection(members[1].id, "2"))

    left = after(accepted(body, 2, products=members), members)

    assert left["ftth"].bundle_id is None
    assert left["voice"].ended_at == NOON


def test_products_leave_their_bundle_together_or_not_at_all() -> None:
    members = bundled_products()

    (fault,) = found(a_body(a_leave(members[0])), products=members)

    assert (fault.field, fault.code) == ("/productOrderItem/0/product/id", "bundle-split")
    assert fault.remedy.endswith(f"bundle-leave or disconnect for: {members[1].id}")


def test_a_product_joins_another_bundle_only_if_none_stays_behind() -> None:
    members = bundled_products(1)
    other = a_product(2)
    items = a_bundle("1", a_join(members[0]), a_join(other, "1.2"))

    assert faults_of(a_body(items), products=(*members, other)) == {
        ("/productOrderItem/0/productOrderItem/0/product/id", "bundle-split")
    }
    body = a_body(items, a_leave(members[1], "2"))
    moved = after(accepted(body, 3, products=(*members, other)), (*members, other))
    assert moved["ftth"].bundle_id == derive_product_id(order_id(3), "1")


def test_a_member_that_is_transferred_does_not_leave_its_bundle() -> None:
    members = bundled_products()
    items = a_leave(members[0]), a_modification(members[1], "transfer", "2")
    parties = [{"id": "C-2", "role": "customer"}, {"id": "C-1", "role": "previous owner"}]

    codes = {code for _, code in faults_of(a_body(*items, relatedParty=parties), products=members)}

    assert codes == {"bundle-split", "product-of-another"}


def test_a_bundle_without_one_of_its_members_is_refused_with_those_that_are_missing() -> None:
    fibre = a_fibre()

    (fault,) = found(a_body(a_bundle("1", a_join(fibre))), products=(fibre,))

    assert (fault.field, fault.code) == (
        "/productOrderItem/0/productOrderItem",
        "member-missing",
    )
    assert fault.remedy.endswith("for: voice-basic")


NESTED = "/productOrderItem/0/productOrderItem/0"


@pytest.mark.parametrize(
    ("product", "action", "faults"),
    [
        (
            product_of("ftth-1000"),
            "bundle-join",
            {(f"{NESTED}/productOffering/id", "member-unwanted")},
        ),
        (a_fibre, "change", {(f"{NESTED}/businessAction", "member-unwanted")}),
        (a_fibre, "bundle-leave", {(f"{NESTED}/businessAction", "member-unwanted")}),
    ],
)
def test_only_products_of_the_members_offerings_join(
    product: Callable[[int], Product], action: str, faults: set[tuple[str, str]]
) -> None:
    own = product(1)
    nested = a_modification(own, action, "1.1")
    bundle = a_bundle("1", nested, a_member("1.2", "ftth-300"), a_member("1.3", "voice-basic"))

    assert faults <= faults_of(a_body(bundle), products=(own,))


def test_a_bundle_in_a_bundle_is_refused_with_what_to_do_instead() -> None:
    members = a_member("1.2", "ftth-300"), a_member("1.3", "voice-basic")
    body = a_body(a_bundle("1", a_bundle("1.1"), *members))

    (fault,) = found(body)

    assert (fault.field, fault.code) == (f"{NESTED}/productOffering/id", "bundle-nested")
    assert "at the top level" in fault.remedy


def test_a_join_outside_of_a_bundle_and_a_leave_of_none_are_refused() -> None:
    fibre = a_fibre()

    assert faults_of(a_body(a_join(fibre, "1")), products=(fibre,)) == {
        ("/productOrderItem/0/businessAction", "bundle-missing")
    }
    assert faults_of(a_body(a_leave(fibre)), products=(fibre,)) == {
        ("/productOrderItem/0/product/id", "not-in-bundle")
    }


def test_an_unknown_product_is_the_only_fault_of_a_join() -> None:
    bundle = a_bundle("1", a_join(a_fibre()), a_member("1.2", "voice-basic"))

    assert faults_of(a_body(bundle)) == {(f"{NESTED}/product/id", "product-unknown")}


def test_the_address_of_a_bundle_is_that_of_its_new_members_alone() -> None:
    fibre = a_fibre()
    bundle = a_bundle("1", a_join(fibre), a_member("1.2", "voice-basic"))
    bundle["product"]["place"][0]["id"] = "addr-2"

    order = accepted(a_body(bundle), 2, products=(fibre,))

    assert [each.ordered.address_id for each in order.order.items] == ["addr-1", "addr-2"]


def test_a_join_that_fails_leaves_the_product_as_it_was() -> None:
    fibre = a_fibre()
    body = a_body(a_bundle("1", a_join(fibre), an_item("1.2", "voice-basic")))
    order = accepted(body, 2, products=(fibre,))
    (locked,) = order.locked_products

    update = advance_order_and_products(
        order.order, order.progress, {fibre.id: locked}, service_failed(2), NOON
    )

    assert update.changed == (fibre,)
