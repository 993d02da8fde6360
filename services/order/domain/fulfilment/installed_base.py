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
from services.order.domain.catalogue.pricing import Charge
from services.order.domain.fulfilment.commitment import leaves_commitment
from services.order.domain.fulfilment.product import (
    Product,
    ProductContent,
    ProductStatus,
    unlock,
)
from services.order.domain.fulfilment.product_charges import with_charges, with_commitment
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
            return with_changes(product, order, item, done, now)
        case ProductEffect.SUSPENDS:
            new = Suspension(reason=item.ordered.reason, since=now, order_id=order.id)
            stacked = (*product.content.suspensions, new)
            return with_suspensions(product, order.id, stacked, item.charges)
        case ProductEffect.RESUMES:
            left = (
                each for each in product.content.suspensions if each.reason != item.ordered.reason
            )
            return with_suspensions(product, order.id, tuple(left), item.charges)
        case ProductEffect.ENDS:
            return terminate_product(product, item.ordered.reason, now)
        case ProductEffect.CREATES | ProductEffect.KEEPS:
            return product


def with_changes(
    product: Product, order: Order, item: Item, done: CompletedService, now: datetime
) -> Product:
    """Return a product with what an item changes of it, and with its number.

    If its action changes the customer, the product is that of the order's; if it changes the
    bundle, the product is in that of the item, or in none.
    """
    parts = rule_of(item.ordered).changes
    return replace(
        unlock(product),
        party_id=order.party_id if ProductPart.CUSTOMER in parts else product.party_id,
        bundle_id=bundle_id_of(order, item) if ProductPart.BUNDLE in parts else product.bundle_id,
        offering_id=item.ordered.offering_id,
        number=assigned_number(done) or product.number,
        content=content_after(product, order.content, item, now),
        changed_order_id=order.id,
    )


def bundle_id_of(order: Order, item: Item) -> UUID | None:
    """Return the id that the products of an item's bundle share; None outside of a bundle."""
    return derive_product_id(order.id, item.bundle_item) if item.bundle_item else None


def content_after(
    product: Product, order: OrderContent, item: Item, now: datetime
) -> ProductContent:
    """Return the content of a product with what an item changes of it."""
    ordered, rule = item.ordered, rule_of(item.ordered)
    content = msgspec.structs.replace(
        product.content,
        address_id=ordered.address_id,
        local_network=item.local_network,
        bundle=ordered.bundle,
        characteristics=tuple(
            each for each in ordered.characteristics if each.name != BAR_CHARACTERISTIC
        ),
    )
    if rule.is_priced_anew:
        content = with_charges(content, item, now)
    if ProductPart.CUSTOMER in rule.changes:
        content = msgspec.structs.replace(content, counts_as=item.counts_as)
        content = content_of_customer(content, order)
    if ProductPart.PAYMENT in rule.changes:
        content = content_with_payment(content, order)
    is_change_of_offering = ProductPart.OFFERING in rule.changes
    if is_change_of_offering and leaves_commitment(content.commitment, content.charges):
        content = msgspec.structs.replace(content, commitment=None)
    return with_commitment(content, item, now)


def content_of_customer(content: ProductContent, order: OrderContent) -> ProductContent:
    """Return the content of a product that goes to the customer of an order."""
    return msgspec.structs.replace(
        content,
        account_id=order.customer.account_id,
        payment_mode=order.customer.payment_mode,
        agreement_id="",
        is_organization=order.party_kind == PartyKind.ORGANIZATION,
        party_kind=order.party_kind,
    )


def content_with_payment(content: ProductContent, order: OrderContent) -> ProductContent:
    """Return the content of a product with the account and payment mode that an order states.

    What the order does not state stays.
    """
    return msgspec.structs.replace(
        content,
        account_id=order.customer.account_id or content.account_id,
        payment_mode=order.customer.payment_mode or content.payment_mode,
    )


def with_suspensions(
    product: Product,
    order_id: UUID,
    suspensions: tuple[Suspension, ...],
    charges: tuple[Charge, ...] = (),
) -> Product:
    """Return a product that is suspended for these reasons; it is active without any.

    Without `charges` the same are due as before.
    """
    content = msgspec.structs.replace(
        product.content,
        suspensions=suspensions,
        suspension_charges=charges or product.content.suspension_charges if suspensions else (),
    )
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
        bundle_id=bundle_id_of(order, item),
        started_at=now,
        ended_at=None,
        content=product_content(item, order.content, now),
        client=order.client,
        base_id=ordered.base_product_id,
    )


def product_content(item: Item, order: OrderContent, now: datetime) -> ProductContent:
    """Return the content of a product, from its order and item."""
    ordered = item.ordered
    content = ProductContent(
        item_id=ordered.id,
        name=ordered.offering_name,
        catalogue_version=ordered.catalogue_version,
        account_id=order.customer.account_id,
        payment_mode=order.customer.payment_mode,
        address_id=ordered.address_id,
        local_network=item.local_network,
        bundle=ordered.bundle,
        characteristics=ordered.characteristics,
        is_organization=order.party_kind == PartyKind.ORGANIZATION,
        party_kind=order.party_kind,
        base_service_id=ordered.base_service_id,
        counts_as=item.counts_as,
    )
    content = with_charges(content, item, now)
    return with_commitment(content, item, now)


def assigned_number(done: CompletedService) -> str:
    """Return the number that was assigned to a service, or an empty text."""
    return next((held.value for held in done.held if held.kind == "number"), "")


def terminate_product(product: Product, reason: str, now: datetime) -> Product:
    """Return a product as terminated for a reason. That is final."""
    content = msgspec.structs.replace(product.content, ended_for=reason)
    return replace(
        product,
        status=ProductStatus.TERMINATED,
        ended_at=now,
        open_order_id=None,
        content=content,
    )
