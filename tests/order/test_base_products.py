"""A product relies on another one of its customer, which the order names, creates, or finds."""

from dataclasses import replace
from typing import Any

import msgspec
import pytest

from services.order.domain.acceptance.takeover import order_as_published
from services.order.domain.catalogue.catalogue import Catalogue
from services.order.domain.fulfilment.order_end import advance_order_and_products
from services.order.domain.fulfilment.product import Product
from services.order.domain.fulfilment.product_locks import lock
from shared.errors import ConflictError, EarlyMessageError
from tests.conftest import NOON
from tests.order.builders import (
    ADDRESS,
    SHIPPED_ENTRIES,
    Json,
    a_body,
    a_fibre,
    a_member,
    a_place,
    a_product,
    a_suspended_fibre,
    accepted,
    an_item,
    faults_of,
    order_id,
    service_completed,
    service_failed,
)
from tests.order.related_products import (
    at_address,
    ended_or_moved,
    on_item,
    on_product,
    television,
)

AT = "/productOrderItem/0/product/productRelationship"
PRODUCT_AT = "/productOrderItem/0/product/id"
ITEM_AT = "/productOrderItem/0/productOrderItemRelationship"


def test_an_item_of_the_order_is_the_base_and_gives_its_address() -> None:
    order = accepted(a_body(an_item("1"), television("2"))).order

    fibre, iptv = (each.ordered for each in order.items)
    assert (iptv.base_product_id, iptv.base_service_id) == (fibre.product_id, fibre.service_id)
    assert iptv.address_id == fibre.address_id == ADDRESS
    assert order.locked_product_ids() == []


def test_a_base_may_itself_rely_on_another_one() -> None:
    pack = a_member("3", "pack-films")
    order = accepted(a_body(an_item("1"), television("2"), pack)).order

    fibre, iptv, films = (each.ordered for each in order.items)
    assert films.base_product_id == iptv.product_id
    assert films.address_id == fibre.address_id


def test_the_only_product_of_the_customer_is_the_base_and_is_locked() -> None:
    fibre = a_fibre()
    order = accepted(a_body(television()), 2, products=(fibre,))

    ordered = order.order.items[0].ordered
    assert (ordered.base_product_id, ordered.address_id) == (fibre.id, ADDRESS)
    assert [(each.id, each.busy_with) for each in order.locked_products] == [
        (fibre.id, order_id(2))
    ]


def test_a_named_item_or_product_is_the_base_among_several() -> None:
    first, second = a_fibre(1), a_fibre(2)
    lines = [an_item("1"), an_item("2")]

    by_item = accepted(a_body(*lines, television("3", **on_item("2")))).order
    by_product = accepted(
        a_body(television(**on_product(second.id))), 3, products=(first, second)
    ).order

    assert by_item.items[2].ordered.base_product_id == by_item.items[1].ordered.product_id
    assert by_product.items[0].ordered.base_product_id == second.id


@pytest.mark.parametrize(
    ("products", "item", "fault"),
    [
        ((), television(), (AT, "base-missing")),
        ((a_product(),), television(), (AT, "base-missing")),
        ((a_fibre(party="C-2"),), television(), (AT, "base-missing")),
        ((a_fibre(1), a_fibre(2)), television(), (AT, "base-ambiguous")),
        ((), television(**on_product(a_fibre().id)), (AT, "base-unknown")),
        ((a_product(),), television(**on_product(a_product().id)), (AT, "base-mismatch")),
        (
            (a_fibre(),),
            television(**on_item("9")),
            (ITEM_AT, "base-mismatch"),
        ),
        ((a_fibre(),), television(**on_product(a_fibre().id, twice=True)), (AT, "base-ambiguous")),
        ((a_fibre(),), television(**on_item("")), (ITEM_AT, "base-ambiguous")),
        (
            (a_fibre(),),
            an_item("1", "iptv-hd", place=a_place(id="addr-2"))
            | {"product": {"place": [a_place(id="addr-2")], **on_product(a_fibre().id)["product"]}},
            ("/productOrderItem/0/product/place/0", "base-elsewhere"),
        ),
    ],
)
def test_a_base_that_cannot_be_is_named_with_the_reason(
    products: tuple[Product, ...], item: Json, fault: tuple[str, str]
) -> None:
    assert faults_of(a_body(item), products=products) == {fault}


def test_the_type_of_a_relationship_is_read_however_it_is_spelled() -> None:
    first, second = a_fibre(1), a_fibre(2)
    item = television(**on_product(second.id, "relies-on"))
    order = accepted(a_body(item), 3, products=(first, second)).order

    assert order.items[0].ordered.base_product_id == second.id


def test_a_relationship_of_another_type_is_ignored() -> None:
    fibre = a_fibre()
    order = accepted(
        a_body(television(**on_product(fibre.id, "bundled"))), 2, products=(fibre,)
    ).order

    assert order.items[0].ordered.base_product_id == fibre.id


@pytest.mark.parametrize("action", ["disconnect", "move"])
def test_a_base_that_the_order_itself_ends_or_moves_carries_nothing_new(action: str) -> None:
    fibre = a_fibre()
    body = a_body(ended_or_moved(action, fibre, "1"), television("2", **on_product(fibre.id)))

    assert faults_of(body, products=(fibre,)) == {(AT.replace("/0/", "/1/"), "base-leaving")}


def test_of_several_bases_the_one_where_the_product_is_delivered_is_found() -> None:
    here, there = a_fibre(1), at_address(a_fibre(2), "addr-2")
    item = television() | {"product": {"place": [a_place(id="addr-2")]}}
    order = accepted(a_body(item), 3, products=(here, there)).order

    assert order.items[0].ordered.base_product_id == there.id


def test_a_base_with_an_open_order_is_busy() -> None:
    fibre = lock(a_fibre(), order_id(9), is_ended=False)

    with pytest.raises(ConflictError) as caught:
        accepted(a_body(television()), products=(fibre,))

    assert caught.value.code == "product-busy"


def test_a_suspended_base_carries_nothing_new() -> None:
    fibre = a_suspended_fibre()

    assert faults_of(a_body(television()), products=(fibre,)) == {(AT, "product-suspended")}


def test_a_base_without_an_address_leaves_its_dependents_their_own() -> None:
    network = a_member("1", "vpn-l3")
    del network["product"]
    sites = [an_item("2", "site-50"), an_item("3", "site-50", place=a_place(id="addr-2"))]
    order = accepted(a_body(network, *sites)).order

    assert [each.ordered.address_id for each in order.items] == ["", ADDRESS, "addr-2"]
    nowhere = a_body(network, a_member("2", "site-50"))
    assert faults_of(nowhere) == {("/productOrderItem/1/product/place", "address-missing")}


def test_a_product_that_relies_on_none_names_no_base() -> None:
    fibre = a_fibre()
    item = an_item("1") | {"product": {"place": [a_place()], **on_product(fibre.id)["product"]}}

    assert faults_of(a_body(item), products=(fibre,)) == {(AT, "relationship-unsupported")}


def test_a_completed_order_leaves_its_base_as_it_was_and_free() -> None:
    fibre = a_fibre()
    order = accepted(a_body(television()), 2, products=(fibre,))
    (locked,) = order.locked_products

    def end(message: Any) -> Any:
        return advance_order_and_products(
            order.order, order.progress, {fibre.id: locked}, message, NOON
        )

    completed, failed = end(service_completed(order)), end(service_failed(2))
    (made,) = completed.created
    assert (made.base_id, made.content.base_service_id) == (fibre.id, fibre.service_id)
    assert completed.changed == failed.changed == (fibre,)
    assert [each.product_id for each in completed.messages[0].products] == [made.id]


def test_a_product_is_excluded_where_the_customer_has_one_that_excludes_it() -> None:
    specifications = [
        replace(each, excludes=("ftth",)) if each.id == "leasedline" else each
        for each in SHIPPED_ENTRIES.specifications
    ]
    catalogue = Catalogue.of(specifications, SHIPPED_ENTRIES.offerings)
    here = a_body(an_item("1", "line-100"))
    there = a_body(an_item("1", "line-100", place=a_place(id="addr-2")))

    def found(body: Json) -> set[tuple[str, str]]:
        return faults_of(body, catalogue=catalogue, products=(a_fibre(),))

    assert found(here) == {("/productOrderItem/0/productOffering/id", "excluded")}
    assert found(there) == set()


def test_an_order_is_taken_over_after_the_one_that_creates_its_base() -> None:
    fibre = a_fibre()
    message = accepted(a_body(television()), 2, products=(fibre,)).message
    encoded = msgspec.json.decode(msgspec.json.encode(message), type=type(message))

    with pytest.raises(EarlyMessageError, match=str(fibre.id)):
        order_as_published(encoded, "jiangsu", {})
    taken_over = order_as_published(encoded, "jiangsu", {fibre.id: fibre})
    assert [each.busy_with for each in taken_over.locked_products] == [order_id(2)]
