"""Mobile service: a local network in place of an address, and another SIM card."""

from dataclasses import replace

import msgspec
import pytest

from services.order.domain.fulfilment.installed_base import products_after, with_suspensions
from services.order.domain.fulfilment.product import Product, ProductStatus
from services.order.domain.fulfilment.suspension import Suspension
from shared.contracts import BAR_CHARACTERISTIC
from tests.conftest import NOON
from tests.order.builders import (
    Json,
    a_body,
    a_member,
    accepted,
    an_item,
    faults_of,
    identified,
    order_id,
    product_of,
    service_completed,
)

IN_NANJING = {"role": "installation address", "localNetwork": "025"}
PLACE = "/productOrderItem/0/product/place"


def a_plan(id_: str = "1", **place: str) -> Json:
    return an_item(id_, "plan-20", place=IN_NANJING | place)


def a_swap(product: Product) -> Json:
    item = {
        "id": "1",
        "action": "modify",
        "businessAction": "sim-swap",
        "product": {"id": str(product.id)},
    }
    return identified(a_body(item))


def suspended(*reasons: str) -> Product:
    product = product_of("plan-20")()
    found = (Suspension(reason=each, since=NOON, order_id=order_id(2)) for each in reasons)
    return with_suspensions(product, order_id(2), tuple(found))


def test_a_plan_is_ordered_in_a_local_network() -> None:
    order = accepted(identified(a_body(a_plan()))).order

    ordered = order.items[0].ordered
    assert (ordered.address_id, ordered.local_network) == ("", "025")


@pytest.mark.parametrize("place", [None, {"role": "billing"}])
def test_a_plan_without_a_local_network_is_refused(place: Json | None) -> None:
    item = a_member("1", "plan-20")
    if place:
        item["product"] = {"place": [place]}

    assert (PLACE, "local-network-missing") in faults_of(a_body(item))


def test_a_local_network_is_no_address_for_what_needs_one() -> None:
    item = an_item("1", "ftth-300", place=IN_NANJING)

    assert faults_of(a_body(item)) == {(PLACE, "address-missing")}


def test_a_member_card_is_in_the_network_of_its_main_card() -> None:
    order = accepted(identified(a_body(a_plan(), a_member("2", "member-card")))).order

    main, member = (each.ordered for each in order.items)
    assert member.local_network == "025"
    assert member.base_product_id == main.product_id


@pytest.mark.parametrize(
    ("reasons", "forbidding"),
    [(("lost",), ""), (("request",), "request"), (("lost", "request"), "request")],
)
def test_a_lost_card_is_swapped_and_one_of_a_product_suspended_otherwise_is_not(
    reasons: tuple[str, ...], forbidding: str
) -> None:
    product = suspended(*reasons)

    found = faults_of(a_swap(product), products=(product,))

    expected = {("/productOrderItem/0/product/id", "product-suspended")} if forbidding else set()
    assert found == expected


def test_a_swap_costs_a_card_and_leaves_the_product_suspended_with_its_bar() -> None:
    product = suspended("lost")
    order = accepted(a_swap(product), 3, products=(product,))

    ordered = order.order.items[0].ordered
    assert (ordered.one_off_cents, ordered.monthly_cents) == (1000, 0)
    assert {each.name: each.value for each in ordered.characteristics}[BAR_CHARACTERISTIC] == "both"
    (locked,) = order.locked_products
    (after,) = products_after(
        order.order, {product.id: locked}, service_completed(order).services, NOON
    ).changed
    assert after.status is ProductStatus.SUSPENDED
    unchanged = replace(product, changed_order_id=order_id(3))
    assert msgspec.to_builtins(after.content) == msgspec.to_builtins(unchanged.content)


def test_a_number_is_changed_within_the_network_of_the_product() -> None:
    product = product_of("plan-20")()
    assert product.content.local_network == "025"
    item = {
        "id": "1",
        "action": "modify",
        "businessAction": "change-number",
        "product": {"id": str(product.id)},
    }
    here = replace(product, content=msgspec.structs.replace(product.content, address_id=""))

    order = accepted(a_body(item), 2, products=(here,)).order

    assert order.items[0].ordered.local_network == "025"
