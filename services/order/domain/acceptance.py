"""Acceptance (业务受理): an order as asked for becomes an order, or a list of its faults."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple
from uuid import UUID

from services.order.domain.catalogue import EVERYBODY, Catalogue, Offering
from services.order.domain.characteristics import characteristics_of
from services.order.domain.eligibility import Buyer, areas
from services.order.domain.items import Shop, check_items
from services.order.domain.order import (
    BUSINESS_ACTIONS,
    BundleItem,
    Content,
    Item,
    Note,
    Order,
    product_id,
    service_id,
)
from services.order.domain.parties import (
    category_of,
    channel_of,
    check_head,
    customer_of,
    customers,
    priority_of,
    remembered,
)
from services.order.domain.places import housed, place_of
from services.order.domain.price import quote
from services.order.domain.product import Product, claim
from services.order.domain.progress import Progress, acknowledge
from services.order.domain.request import GivenItem, GivenOrder, GivenParty, Placed
from shared.contracts import Action, OrderAccepted, OrderedItem
from shared.errors import Fault, InvalidError


class Accepted(NamedTuple):
    """All that comes of an order that is taken on."""

    order: Order
    progress: Progress
    claimed: tuple[Product, ...]
    """Products that the order will take away."""

    tell: OrderAccepted


def accept(
    given: GivenOrder, placed: Placed, catalogue: Catalogue, products: Mapping[UUID, Product]
) -> Accepted:
    """Take an order on.

    Args:
        given: what is asked for.
        placed: by whom, and when.
        catalogue: what is sold.
        products: those the order names, and those bundled with them.

    Raises:
        InvalidError: the order has faults; all of them are named.
    """
    given = settled(given)
    others = apart_from(given.faults, check(given, placed, catalogue, products))
    if faults := dict.fromkeys((*given.faults, *others)):
        raise InvalidError(faults)
    content = content_of(placed, given, catalogue, products)
    party_id = content.customer.id
    order = Order(placed.order_id, placed.tenant, placed.client, party_id, content)
    claimed = tuple(claim(products[each], order.id) for each in order.ended_products())
    return Accepted(order, acknowledge(order), claimed, announce(order))


def settled(given: GivenOrder) -> GivenOrder:
    """Return the order with an address for every item that has one from its bundle."""
    if any(item.members for item in given.items):
        return replace(given, items=tuple(housed(item) for item in given.items))
    return given


def apart_from(found: Sequence[Fault], others: Iterable[Fault]) -> Iterator[Fault]:
    """Yield other faults, unless they follow from one that was found before."""
    known = [fault.field for fault in found]
    for fault in others:
        if not any(within(fault.field, at) or within(at, fault.field) for at in known):
            yield fault


def within(inner: str, outer: str) -> bool:
    """Tell whether one JSON pointer leads into what another one leads to."""
    return inner == outer or inner.startswith(f"{outer}/")


def check(
    given: GivenOrder, placed: Placed, catalogue: Catalogue, products: Mapping[UUID, Product]
) -> Iterator[Fault]:
    """Name everything that is wrong with an order."""
    yield from check_head(given, placed.now)
    party = next(iter(customers(given)), GivenParty(field=""))
    buyer = Buyer(category_of(party, placed.known_category), channel_of(given), None, placed.now)
    own = {id_: each for id_, each in products.items() if each.tenant == placed.tenant}
    yield from check_items(given.items, Shop(catalogue, own, party.id, buyer))


def content_of(
    placed: Placed, given: GivenOrder, catalogue: Catalogue, products: Mapping[UUID, Product]
) -> Content:
    """Return what an order without faults asks for, priced."""
    return Content(
        customer=customer_of(given),
        known_category=remembered(customers(given)[0], placed.known_category),
        items=tuple(products_of(placed.order_id, given, catalogue, products)),
        bundles=tuple(bundles_of(given, catalogue)),
        external_id=given.external_id,
        channel=channel_of(given),
        priority=priority_of(given),
        category=given.category,
        description=given.description,
        notes=tuple(Note(text=text) for text in given.notes),
        requested_start=given.requested_start,
        requested_completion=given.requested_completion,
        person=placed.person,
    )


def bundles_of(given: GivenOrder, catalogue: Catalogue) -> Iterator[BundleItem]:
    """Yield the items that stand for bundles."""
    for item in given.items:
        if item.members:
            bundle = catalogue.sold[item.offering_id]
            yield BundleItem(
                id=item.id,
                offering_id=bundle.id,
                offering_name=bundle.name,
                catalogue_version=bundle.version,
            )


def products_of(
    order_id: UUID, given: GivenOrder, catalogue: Catalogue, products: Mapping[UUID, Product]
) -> Iterator[Item]:
    """Yield the items that stand for products, those of bundles in their bundle's place."""
    for item in given.items:
        if item.action == Action.DELETE:
            yield departure(item, products[UUID(item.product_id)])
        elif item.members:
            bundle = catalogue.sold[item.offering_id]
            for member in item.members:
                offering = catalogue.sold[member.offering_id]
                yield arrival(order_id, member, offering, bundle, item.id)
        else:
            yield arrival(order_id, item, catalogue.sold[item.offering_id])


def arrival(
    order_id: UUID,
    item: GivenItem,
    offering: Offering,
    bundle: Offering | None = None,
    bundle_item: str = "",
) -> Item:
    """Return an item that makes a product, by itself or as a member of a bundle."""
    characteristics = characteristics_of(item, offering)
    price = quote(offering, characteristics, bundle.discounts if bundle else ())
    place = place_of(item)
    ordered = OrderedItem(
        id=item.id,
        action=Action.ADD,
        business_action=BUSINESS_ACTIONS[Action.ADD],
        offering_id=offering.id,
        offering_name=offering.name,
        specification=offering.specification,
        catalogue_version=offering.version,
        product_id=product_id(order_id, item.id),
        service_id=service_id(order_id, item.id),
        address_id=place.id,
        local_network=place.local_network,
        sold_in=areas(offering.eligibility, bundle.eligibility if bundle else EVERYBODY) or (),
        bundle=bundle.id if bundle else "",
        characteristics=characteristics,
        one_off_cents=price.one_off_cents,
        monthly_cents=price.monthly_cents,
    )
    return Item(
        ordered=ordered,
        bundle_item=bundle_item,
        local_network=place.local_network,
        charges=price.charges,
    )


def departure(item: GivenItem, product: Product) -> Item:
    """Return an item that takes a product away; that costs nothing."""
    ordered = OrderedItem(
        id=item.id,
        action=Action.DELETE,
        business_action=BUSINESS_ACTIONS[Action.DELETE],
        offering_id=product.offering_id,
        offering_name=product.content.name,
        specification=product.specification,
        catalogue_version=product.content.catalogue_version,
        product_id=product.id,
        service_id=product.service_id,
        address_id=product.content.address_id,
        bundle=product.content.bundle,
        characteristics=product.content.characteristics,
    )
    return Item(ordered=ordered, local_network=product.content.local_network)


def announce(order: Order) -> OrderAccepted:
    """Say that an order is taken on."""
    content = order.content
    return OrderAccepted(
        order_id=order.id,
        client=order.client,
        customer=content.customer,
        items=tuple(item.ordered for item in content.items),
        external_id=content.external_id,
        channel=content.channel,
        priority=content.priority,
        one_off_cents=order.one_off_cents,
        monthly_cents=order.monthly_cents,
    )
