"""What a completed order does to the installed base: products are created, changed and ended."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType
from typing import NamedTuple
from uuid import UUID

import msgspec

from services.order.domain.business_actions import (
    ON_EXISTING,
    ProductEffect,
    ProductPart,
    rule_of,
)
from services.order.domain.fulfilment.product import (
    Product,
    ProductContent,
    ProductStatus,
    unlock,
)
from services.order.domain.fulfilment.suspension import Suspension
from services.order.domain.order import Item, Order, OrderContent, derive_product_id
from shared.contracts import BAR_CHARACTERISTIC, CompletedService, PartyKind
from shared.errors import PoisonError

NO_LOCAL_NETWORKS: Mapping[str, str] = MappingProxyType({})


class InstalledBaseUpdate(NamedTuple):
    """What a completed order has done to products."""

    created: tuple[Product, ...] = ()
    changed: tuple[Product, ...] = ()
    unlocked: tuple[Product, ...] = ()
    """Those on which new products rely: they stay as they are."""


def products_after(
    order: Order,
    products: Mapping[UUID, Product],
    services: Iterable[CompletedService],
    now: datetime,
    networks: Mapping[str, str] = NO_LOCAL_NETWORKS,
) -> InstalledBaseUpdate:
    """Return the products that a completed order has created, and those it has changed or ended.

    `networks` has the local networks of the items' addresses; for an item that is not in
    it, the one that the order states is kept.

    Raises:
        PoisonError: if an item is not among the completed services, or its product is not there.
    """
    done = {service.item_id: service for service in services}
    if missing := [item.id for item in order.items if item.id not in done]:
        msg = f"order {order.id} was completed without its items {', '.join(missing)}"
        raise PoisonError(msg)
    if absent := [each for each in order.existing_product_ids() if each not in products]:
        msg = f"order {order.id} has changed product {absent[0]}, which does not exist"
        raise PoisonError(msg)
    items = [with_local_network(item, networks) for item in order.items]
    return InstalledBaseUpdate(
        tuple(
            create_product(order, item, done[item.id], now)
            for item in items
            if item.effect is ProductEffect.CREATES
        ),
        tuple(
            changed_product(products[item.ordered.product_id], order, item, done[item.id], now)
            for item in items
            if item.effect in ON_EXISTING
        ),
        tuple(
            unlock(each)
            for id_ in order.base_product_ids()
            if (each := products.get(id_)) and each.busy_with == order.id
        ),
    )


def changed_product(
    product: Product, order: Order, item: Item, done: CompletedService, now: datetime
) -> Product:
    """Return a product as a completed item leaves it."""
    match item.effect:
        case ProductEffect.CHANGES:
            return with_changes(product, order, item, done)
        case ProductEffect.SUSPENDS:
            new = Suspension(reason=item.ordered.reason, since=now, order_id=order.id)
            return with_suspensions(product, order.id, (*product.content.suspensions, new))
        case ProductEffect.RESUMES:
            left = (
                each for each in product.content.suspensions if each.reason != item.ordered.reason
            )
            return with_suspensions(product, order.id, tuple(left))
        case ProductEffect.ENDS:
            return terminate_product(product, now)
        case ProductEffect.CREATES | ProductEffect.KEEPS:
            return product


def with_changes(product: Product, order: Order, item: Item, done: CompletedService) -> Product:
    """Return a product with the offering, characteristics, address and number of an item.

    If its action changes the customer, the product is that of the order's, with the account.
    """
    ordered = item.ordered
    content = msgspec.structs.replace(
        product.content,
        address_id=ordered.address_id,
        local_network=item.local_network,
        characteristics=tuple(
            each for each in ordered.characteristics if each.name != BAR_CHARACTERISTIC
        ),
    )
    if rule_of(ordered).is_priced_anew:
        content = msgspec.structs.replace(
            content,
            name=ordered.offering_name,
            catalogue_version=ordered.catalogue_version,
            charges=item.charges,
            monthly_cents=ordered.monthly_cents,
        )
    party_id = product.party_id
    if ProductPart.CUSTOMER in rule_of(ordered).changes:
        content = msgspec.structs.replace(content, counts_as=item.counts_as)
        party_id, content = order.party_id, content_of_customer(content, order.content)
    return replace(
        unlock(product),
        party_id=party_id,
        offering_id=ordered.offering_id,
        number=assigned_number(done) or product.number,
        content=content,
        changed_order_id=order.id,
    )


def content_of_customer(content: ProductContent, order: OrderContent) -> ProductContent:
    """Return the content of a product that goes to the customer of an order."""
    return msgspec.structs.replace(
        content,
        account_id=order.customer.account_id,
        is_organization=order.party_kind == PartyKind.ORGANIZATION,
        party_kind=order.party_kind,
    )


def with_suspensions(
    product: Product, order_id: UUID, suspensions: tuple[Suspension, ...]
) -> Product:
    """Return a product that is suspended for these reasons; it is active without any."""
    content = msgspec.structs.replace(product.content, suspensions=suspensions)
    return unlock(replace(product, content=content, changed_order_id=order_id))


def with_local_network(item: Item, networks: Mapping[str, str]) -> Item:
    """Return an item with the local network of its address."""
    network = networks.get(item.id) or item.local_network
    return msgspec.structs.replace(item, local_network=network)


def create_product(order: Order, item: Item, done: CompletedService, now: datetime) -> Product:
    """Return the product that a completed item has created."""
    ordered = item.ordered
    return Product(
        id=ordered.product_id,
        tenant=order.tenant,
        party_id=order.party_id,
        status=ProductStatus.ACTIVE,
        offering_id=ordered.offering_id,
        specification=ordered.specification,
        number=assigned_number(done),
        service_id=ordered.service_id,
        order_id=order.id,
        ending_order_id=None,
        bundle_id=derive_product_id(order.id, item.bundle_item) if item.bundle_item else None,
        started_at=now,
        ended_at=None,
        content=product_content(item, order.content),
        client=order.client,
        base_id=ordered.base_product_id,
    )


def product_content(item: Item, order: OrderContent) -> ProductContent:
    """Return the content of a product, from its order and item."""
    ordered = item.ordered
    return ProductContent(
        item_id=ordered.id,
        name=ordered.offering_name,
        catalogue_version=ordered.catalogue_version,
        account_id=order.customer.account_id,
        address_id=ordered.address_id,
        local_network=item.local_network,
        bundle=ordered.bundle,
        characteristics=ordered.characteristics,
        charges=item.charges,
        monthly_cents=ordered.monthly_cents,
        is_organization=order.party_kind == PartyKind.ORGANIZATION,
        party_kind=order.party_kind,
        base_service_id=ordered.base_service_id,
        counts_as=item.counts_as,
    )


def assigned_number(done: CompletedService) -> str:
    """Return the number that was assigned to a service, or an empty text."""
    return next((held.value for held in done.held if held.kind == "number"), "")


def terminate_product(product: Product, now: datetime) -> Product:
    """Return a product as terminated. That is final."""
    return replace(product, status=ProductStatus.TERMINATED, ended_at=now, open_order_id=None)
