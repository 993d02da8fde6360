"""The installed base: the products of customers, as completed orders left them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from uuid import UUID

import msgspec

from services.order.domain.business_actions import ProductEffect
from services.order.domain.catalogue.pricing import Charge
from services.order.domain.order import Item, Order, OrderContent, StoredStruct, derive_product_id
from shared.contracts import Cents, Characteristic, CompletedService, PartyKind
from shared.errors import PoisonError


class ProductStatus(StrEnum):
    """The status of a product (TMF637 v4 `ProductStatusType`)."""

    ACTIVE = "active"
    PENDING_TERMINATE = "pendingTerminate"
    """An open order disconnects it."""

    TERMINATED = "terminated"


class ProductContent(StoredStruct, frozen=True, kw_only=True):
    """All attributes of a product that are not searched by."""

    item_id: str
    name: str
    catalogue_version: int
    account_id: str = ""
    address_id: str = ""
    local_network: str = ""
    bundle: str = ""
    characteristics: tuple[Characteristic, ...] = ()
    charges: tuple[Charge, ...] = ()
    monthly_cents: Cents = 0
    is_organization: bool = False
    """Whether the customer is stated to be one."""

    party_kind: str = ""
    """`Individual` or `Organization`, if its order or an earlier one states it."""


@dataclass(frozen=True, slots=True)
class Product:
    """One product of one customer."""

    id: UUID
    tenant: str
    party_id: str
    status: ProductStatus
    offering_id: str
    specification: str
    number: str
    """E.164; empty if it has none."""

    service_id: UUID
    order_id: UUID
    """The order that created it."""

    ending_order_id: UUID | None
    """The order that disconnects it, or has disconnected it."""

    bundle_id: UUID | None
    """Shared by the products of one bundle, which are disconnected together."""

    started_at: datetime
    ended_at: datetime | None
    content: ProductContent
    client: str
    """The client of the API whose order created it: its owner."""


NO_LOCAL_NETWORKS: Mapping[str, str] = MappingProxyType({})


def create_and_terminate_products(
    order: Order,
    products: Mapping[UUID, Product],
    services: Iterable[CompletedService],
    now: datetime,
    networks: Mapping[str, str] = NO_LOCAL_NETWORKS,
) -> tuple[tuple[Product, ...], tuple[Product, ...]]:
    """Return the products that a completed order has created, and those it has terminated.

    `networks` has the local networks of the items' addresses; for an item that is not in
    it, the one that the order states is kept.

    Raises:
        PoisonError: if an item is not among the completed services.
    """
    done = {service.item_id: service for service in services}
    if missing := [item.id for item in order.items if item.id not in done]:
        msg = f"order {order.id} was completed without its items {', '.join(missing)}"
        raise PoisonError(msg)
    new_items = [item for item in order.items if item.effect is ProductEffect.CREATES]
    return (
        tuple(
            create_product(order, with_local_network(item, networks), done[item.id], now)
            for item in new_items
        ),
        tuple(terminate_product(product, now) for product in products.values()),
    )


def with_local_network(item: Item, networks: Mapping[str, str]) -> Item:
    """Return an item with the local network of its address."""
    network = networks.get(item.id) or item.local_network
    return msgspec.structs.replace(item, local_network=network)


def undo_pending_terminations(order_id: UUID, products: Iterable[Product]) -> tuple[Product, ...]:
    """Return the products that stay, because the order that would disconnect them did not complete.

    Products that another order disconnects by now are skipped: after a restore two orders may.
    """
    return tuple(
        undo_pending_terminate(each) for each in products if each.ending_order_id == order_id
    )


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
    )


def assigned_number(done: CompletedService) -> str:
    """Return the number that was assigned to a service, or an empty text."""
    return next((held.value for held in done.held if held.kind == "number"), "")


def mark_pending_terminate(product: Product, order_id: UUID) -> Product:
    """Return a product marked for the open order that disconnects it; no other order may."""
    return replace(product, status=ProductStatus.PENDING_TERMINATE, ending_order_id=order_id)


def undo_pending_terminate(product: Product) -> Product:
    """Undo `mark_pending_terminate`: the order failed, was rejected, or was retracted."""
    return replace(product, status=ProductStatus.ACTIVE, ending_order_id=None)


def terminate_product(product: Product, now: datetime) -> Product:
    """Return a product as terminated. That is final."""
    return replace(product, status=ProductStatus.TERMINATED, ended_at=now)
