"""A product goes to another customer (过户): whose order it is, what comes along, how it ends."""

from dataclasses import replace
from typing import Any

import pytest

from services.order.domain.fulfilment.installed_base import products_after
from services.order.domain.fulfilment.order_end import advance_order_and_products
from services.order.domain.fulfilment.product import Product
from services.order.domain.order import derive_product_id
from tests.conftest import NOON
from tests.order.builders import (
    Json,
    a_body,
    a_bundle,
    a_fibre,
    accepted,
    faults_of,
    order_id,
    product_of,
    service_completed,
    service_failed,
)

NEW_OWNER = {
    "id": "C-2",
    "role": "customer",
    "name": "陈静",
    "@referredType": "Organization",
}
ACCOUNT = {"id": "acc-2"}


def a_transfer(*products: Product, owner: str = "C-1", **differences: Any) -> Json:
    """Return an order by which products go to another customer."""
    items = [
        {
            "id": str(n),
            "action": "modify",
            "businessAction": "transfer",
            "product": {"id": str(each.id)},
        }
        for n, each in enumerate(products, start=1)
    ]
    parties = [NEW_OWNER, {"id": owner, "role": "previous owner"}]
    usual: Json = {"relatedParty": parties, "billingAccount": ACCOUNT}
    return a_body(*items, **(usual | differences))


def test_the_product_is_the_new_customer_s_with_its_account_and_all_else_stays() -> None:
    fibre = a_fibre()
    order = accepted(a_transfer(fibre), 2, products=(fibre,))
    (locked,) = order.locked_products

    (after,) = products_after(
        order.order, {fibre.id: locked}, service_completed(order).services, NOON
    ).changed

    assert (after.party_id, after.content.account_id) == ("C-2", "acc-2")
    assert after.content.party_kind == "Organization"
    kept = replace(after, party_id=fibre.party_id, content=fibre.content, changed_order_id=None)
    assert kept == fibre


def test_a_transfer_that_fails_leaves_the_product_with_its_customer() -> None:
    fibre = a_fibre()
    order = accepted(a_transfer(fibre), 2, products=(fibre,))
    (locked,) = order.locked_products

    update = advance_order_and_products(
        order.order, order.progress, {fibre.id: locked}, service_failed(2), NOON
    )

    assert update.changed == (fibre,)


@pytest.mark.parametrize(
    ("differences", "fault"),
    [
        (
            {"relatedParty": [NEW_OWNER]},
            {
                ("/relatedParty", "previous-owner-missing"),
                ("/productOrderItem/0/product/id", "product-of-another"),
            },
        ),
        ({"owner": "C-3"}, {("/productOrderItem/0/product/id", "product-of-another")}),
        (
            {"owner": "C-2"},
            {
                ("/relatedParty", "nothing-changed"),
                ("/productOrderItem/0/product/id", "product-of-another"),
            },
        ),
    ],
)
def test_only_the_product_of_the_named_previous_owner_is_transferred(
    differences: Json, fault: set[tuple[str, str]]
) -> None:
    fibre = a_fibre()

    assert faults_of(a_transfer(fibre, **differences), products=(fibre,)) == fault


def test_products_go_from_one_customer_alone() -> None:
    fibre = a_fibre()
    parties = [NEW_OWNER, *({"id": each, "role": "previous owner"} for each in ("C-1", "C-3"))]

    assert faults_of(a_transfer(fibre, relatedParty=parties), products=(fibre,)) == {
        ("/relatedParty/2/role", "previous-owner-twice")
    }


def test_previous_owners_of_other_orders_are_of_no_account() -> None:
    parties = [
        *a_body()["relatedParty"],
        *({"id": each, "role": "previous owner"} for each in "ab"),
    ]

    assert faults_of(a_body(relatedParty=parties)) == set()


def test_what_relies_on_a_product_goes_along() -> None:
    fibre = a_fibre()
    iptv = replace(product_of("ftth-300", "iptv-hd")(2), base_id=fibre.id)
    products = (fibre, iptv)

    assert faults_of(a_transfer(fibre), products=products) == {
        ("/productOrderItem/0/product/id", "product-needed")
    }
    assert faults_of(a_transfer(fibre, iptv), products=products) == set()


def test_a_bundle_changes_hands_as_a_whole() -> None:
    order = accepted(a_body(a_bundle()))
    members = products_after(order.order, {}, service_completed(order).services, NOON).created
    assert {each.bundle_id for each in members} == {derive_product_id(order_id(1), "1")}

    assert faults_of(a_transfer(members[0]), products=members) == {
        ("/productOrderItem/0/product/id", "bundle-split")
    }
    assert faults_of(a_transfer(*members), products=members) == set()
