"""Where an order is about: the address decides, whatever the order says."""

from dataclasses import replace

import msgspec
import pytest

from services.order.domain.catalogue.catalogue import Catalogue, Eligibility
from services.order.domain.catalogue.eligibility import admitted_local_networks
from services.order.domain.fulfilment.progress import advance, conclude
from services.order.domain.fulfilment.states import OrderState
from shared.contracts import ItemHoldings, ResourcesAssigned
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
    """Return that resources holds what the first order needs, at an address there."""
    service = accepted().order.items[0].ordered.service_id
    items = ItemHoldings(item_id="1", service_id=service, held=(), local_network=network)
    return ResourcesAssigned(order_id=order_id(1), items=(items,))


def test_where_an_offering_is_sold_is_judged_by_the_address_if_the_order_does_not_say() -> None:
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


@pytest.mark.parametrize("said", [None, "025"])
def test_an_order_shows_where_resources_says_its_address_lies(said: str | None) -> None:
    place = a_place(localNetwork=said) if said else a_place()
    taken = accepted(a_body(an_item(place=place)))

    step = advance(taken.progress, assigned_in("0511"), NOON)

    (item,) = step.progress.items
    assert (item.state, item.local_network) == (OrderState.IN_PROGRESS, "0511")


def test_where_the_address_lies_is_kept_though_provisioning_has_overtaken_resources() -> None:
    held = replace(accepted().progress, state=OrderState.HELD)
    items = tuple(msgspec.structs.replace(each, state=OrderState.HELD) for each in held.items)

    step = advance(replace(held, items=items), assigned_in("0511"), NOON)

    assert (step.is_changed, step.changes) == (True, ())
    assert step.progress.items[0].local_network == "0511"


def test_a_product_is_kept_where_its_address_lies() -> None:
    taken = accepted(a_body(an_item(place=a_place(localNetwork="025"))))
    done = service_completed(taken)
    services = tuple(msgspec.structs.replace(each, local_network="0511") for each in done.services)

    news = msgspec.structs.replace(done, services=services)
    (product,) = conclude(taken.order, taken.progress, {}, news, NOON).created

    assert product.content.local_network == "0511"
