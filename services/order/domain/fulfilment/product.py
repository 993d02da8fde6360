"""The installed base: what customers have, as completed orders have made it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from uuid import UUID

import msgspec

from services.order.domain.catalogue.pricing import Charge
from services.order.domain.order import Item, Order, OrderContent, StoredStruct, derive_product_id
from shared.contracts import Action, Cents, Characteristic, CompletedService, PartyKind
from shared.errors import PoisonError


class ProductStatus(StrEnum):
    """Where a product stands (TMF637 v4 `ProductStatusType`)."""

    ACTIVE = "active"
    PENDING_TERMINATE = "pendingTerminate"
    """An open order takes it away."""

    TERMINATED = "terminated"


class ProductContent(StoredStruct, frozen=True, kw_only=True):
    """All of a product that is not searched for."""

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
    """Whether the customer is said to be one."""

    party_kind: str = ""
    """`Individual` or `Organization`, where that order or an earlier one says so."""


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
    """E.164; empty where it has none."""

    service_id: UUID
    order_id: UUID
    """The order that made it."""

    ending_order_id: UUID | None
    """The order that takes it away, or has."""

    bundle_id: UUID | None
    """Shared by the products of one bundle, which are given up together."""

    started_at: datetime
    ended_at: datetime | None
    content: ProductContent
    client: str
    """The client of the API whose order made it: whose it is."""


NO_LOCAL_NETWORKS: Mapping[str, str] = MappingProxyType({})


def apply_completed_order(
    order: Order,
    products: Mapping[UUID, Product],
    services: Iterable[CompletedService],
    now: datetime,
    networks: Mapping[str, str] = NO_LOCAL_NETWORKS,
) -> tuple[tuple[Product, ...], tuple[Product, ...]]:
    """Return the products that a completed order has made, and those it has taken away.

    `networks` says where the items' addresses lie; of an item that it does not know,
    what the order says stands.

    Raises:
        PoisonError: if an item is not among what was completed.
    """
    done = {service.item_id: service for service in services}
    if missing := [item.id for item in order.items if item.id not in done]:
        msg = f"order {order.id} was completed without its items {', '.join(missing)}"
        raise PoisonError(msg)
    made = [item for item in order.items if item.ordered.action is Action.ADD]
    return (
        tuple(
            create_product(order, with_local_network(item, networks), done[item.id], now)
            for item in made
        ),
        tuple(terminate_product(product, now) for product in products.values()),
    )


def with_local_network(item: Item, networks: Mapping[str, str]) -> Item:
    """Return an item with where its address lies."""
    network = networks.get(item.id) or item.local_network
    return msgspec.structs.replace(item, local_network=network)


def release_products(order_id: UUID, products: Iterable[Product]) -> tuple[Product, ...]:
    """Return the products that stay, because the order that was to end them came to nothing.

    What another order has taken meanwhile is that one's: after a restore two may have it.
    """
    return tuple(release_product(each) for each in products if each.ending_order_id == order_id)


def create_product(order: Order, item: Item, done: CompletedService, now: datetime) -> Product:
    """Return the product that a completed item has made."""
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
    """Return what a product keeps of the order and the item that it was ordered by."""
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
    """Return the number that a service was given, or nothing."""
    return next((held.value for held in done.held if held.kind == "number"), "")


def mark_pending_terminate(product: Product, order_id: UUID) -> Product:
    """Let an open order take a product away; no other may."""
    return replace(product, status=ProductStatus.PENDING_TERMINATE, ending_order_id=order_id)


def release_product(product: Product) -> Product:
    """Undo `claim`: the order came to nothing."""
    return replace(product, status=ProductStatus.ACTIVE, ending_order_id=None)


def terminate_product(product: Product, now: datetime) -> Product:
    """Take a product away for good."""
    return replace(product, status=ProductStatus.TERMINATED, ended_at=now)
