"""A base ends, moves and changes hands with the products that rely on it alone."""

from dataclasses import replace

import pytest

from services.order.domain.acceptance.acceptance import accept
from services.order.domain.acceptance.takeover import order_as_published
from services.order.domain.fulfilment.product import ProductStatus, unlock
from services.order.domain.fulfilment.product_locks import lock
from shared.errors import ConflictError, InvalidError
from tests.order.builders import (
    CATALOGUE,
    a_body,
    a_disconnection,
    a_fibre,
    a_placement,
    accepted,
    faults_of,
    order_id,
    product_of,
    read_order,
)
from tests.order.related_products import (
    a_television,
    ended_or_moved,
    television,
)

PRODUCT_AT = "/productOrderItem/0/product/id"


@pytest.mark.parametrize("action", ["disconnect", "move"])
def test_a_base_ends_and_moves_with_its_dependents_alone(action: str) -> None:
    fibre = a_fibre()
    iptv = a_television(fibre)

    alone = faults_of(a_body(ended_or_moved(action, fibre, "1")), products=(fibre, iptv))
    together = a_body(ended_or_moved(action, fibre, "1"), ended_or_moved(action, iptv, "2"))

    assert alone == {("/productOrderItem/0/product/id", "product-needed")}
    assert faults_of(together, products=(fibre, iptv)) == set()


def test_a_dependent_moves_with_its_base_alone_and_to_the_same_address() -> None:
    fibre = a_fibre()
    iptv = a_television(fibre)
    alone = a_body(ended_or_moved("move", iptv, "1"))
    apart = a_body(
        ended_or_moved("move", fibre, "1"), ended_or_moved("move", iptv, "2", to="addr-3")
    )

    assert faults_of(alone, products=(fibre, iptv)) == {(PRODUCT_AT, "base-needed")}
    assert faults_of(apart, products=(fibre, iptv)) == {
        ("/productOrderItem/1/product/place", "base-elsewhere")
    }


def test_what_relies_on_a_base_without_an_address_moves_alone() -> None:
    network, site = product_of("vpn-l3")(1), product_of("vpn-l3", "site-50")(2)
    site = replace(site, base_id=network.id)

    assert faults_of(a_body(ended_or_moved("move", site, "1")), products=(site,)) == set()


def test_a_base_waits_for_the_order_that_ends_what_relies_on_it() -> None:
    fibre = a_fibre()
    leaving = lock(a_television(fibre), order_id(9), is_ended=True)

    with pytest.raises(ConflictError) as caught:
        accepted(a_body(a_disconnection(fibre.id)), products=(fibre, leaving))

    assert caught.value.code == "product-busy"


def test_a_base_stays_while_another_client_has_products_on_it() -> None:
    fibre = a_fibre()
    order = read_order(a_body(a_disconnection(fibre.id)))
    context = a_placement(order_id(3))._replace(bases_of_others=frozenset({fibre.id}))

    with pytest.raises(InvalidError) as caught:
        accept(order, context, CATALOGUE, {fibre.id: fibre})

    assert {(each.field, each.code) for each in caught.value.faults} == {
        (PRODUCT_AT, "product-needed")
    }


def test_an_order_that_is_taken_over_late_does_not_lock_a_base_that_ended() -> None:
    fibre = a_fibre()
    message = accepted(a_body(television()), 2, products=(fibre,)).message
    ended = replace(fibre, status=ProductStatus.TERMINATED)
    busy = lock(fibre, order_id(9), is_ended=False)

    for base in (ended, busy):
        assert order_as_published(message, "jiangsu", {fibre.id: base}).locked_products == ()
    assert unlock(ended) == ended


def test_a_dependent_ends_without_its_base() -> None:
    fibre = a_fibre()
    iptv = a_television(fibre)
    order = accepted(a_body(a_disconnection(iptv.id)), 3, products=(fibre, iptv)).order

    assert order.items[0].ordered.base_product_id == fibre.id
    assert order.locked_product_ids() == [iptv.id]
