"""The area of an order: the address decides, not the order."""

from dataclasses import replace

import msgspec
import pytest

from services.order.domain.catalogue.catalogue import Catalogue, Eligibility
from services.order.domain.catalogue.eligibility import admitted_local_networks
from services.order.domain.fulfilment.order_end import advance_order_and_products
from services.order.domain.fulfilment.progress import advance
from shared.contracts import ItemHoldings, OrderState, ResourcesAssigned
from tests.conftest import NOON
from tests.order.builders import (
    CATALOGUE,
    a_body,
    a_place,
    accepted,
    an_item,
    faults_of,
    order_id,
    service_completed,
)

OFFERING = "voice-basic"


def sold_in(*networks: str) -> Catalogue:
    """Return a catalogue whose telephone is sold in some local networks only."""
    rule = Eligibility(local_networks=networks)
    offerings = [
        replace(each, eligibility=rule) if each.id == OFFERING else each
        for each in CATALOGUE.offerings
    ]
    return Catalogue.of(CATALOGUE.specifications, offerings)


def assigned_in(network: str) -> ResourcesAssigned:
    """Return the message that resources are assigned to the first order in a local network."""
    service = accepted().order.items[0].ordered.service_id
    items = ItemHoldings(item_id="1", service_id=service, held=(), local_network=network)
    return ResourcesAssigned(order_id=order_id(1), items=(items,))


def test_eligibility_is_checked_by_the_address_if_the_order_names_no_area() -> None:
    catalogue = sold_in("0512")
    item = an_item("1", OFFERING, place=a_place())

    (ordered,) = accepted(a_body(item), catalogue=catalogue).order.items

    assert (ordered.ordered.local_network, ordered.ordered.sold_in) == ("", ("0512",))


def test_an_offering_for_some_areas_needs_an_address() -> None:
    catalogue = sold_in("0512")

    item = an_item("1", OFFERING)
    del item["product"]["place"]

    assert faults_of(a_body(item), catalogue=catalogue) == {
        ("/productOrderItem/0/productOffering/id", "offering-not-eligible"),
        ("/productOrderItem/0/product/place", "address-missing"),
    }


@pytest.mark.parametrize(
    ("bundle", "member", "sold_in"),
    [
        ((), ("025",), ("025",)),
        (("025",), (), ("025",)),
        (("025", "0512"), ("0512", "0511"), ("0512",)),
        (("025",), ("0512",), None),
    ],
)
def test_a_member_of_a_bundle_is_sold_where_both_are(
    bundle: tuple[str, ...], member: tuple[str, ...], sold_in: tuple[str, ...] | None
) -> None:
    rules = (Eligibility(local_networks=each) for each in (bundle, member))

    assert admitted_local_networks(*rules) == sold_in


@pytest.mark.parametrize("in_order", [None, "025"])
def test_an_order_shows_the_area_that_resources_found_for_its_address(in_order: str | None) -> None:
    place = a_place(localNetwork=in_order) if in_order else a_place()
    placed = accepted(a_body(an_item(place=place)))

    step = advance(placed.progress, assigned_in("0511"), NOON)

    (item,) = step.progress.items
    assert (item.state, item.local_network) == (OrderState.IN_PROGRESS, "0511")


def test_the_area_of_the_address_is_kept_though_provisioning_has_overtaken_resources() -> None:
    held = replace(accepted().progress, state=OrderState.HELD)
    items = tuple(msgspec.structs.replace(each, state=OrderState.HELD) for each in held.items)

    step = advance(replace(held, items=items), assigned_in("0511"), NOON)

    assert (step.is_changed, step.changes) == (True, ())
    assert step.progress.items[0].local_network == "0511"


def test_a_product_is_kept_where_its_address_lies() -> None:
    placed = accepted(a_body(an_item(place=a_place(localNetwork="025"))))
    done = service_completed(placed)
    services = tuple(msgspec.structs.replace(each, local_network="0511") for each in done.services)

    message = msgspec.structs.replace(done, services=services)
    (product,) = advance_order_and_products(
        placed.order, placed.progress, {}, message, NOON
    ).created

    assert product.content.local_network == "0511"
