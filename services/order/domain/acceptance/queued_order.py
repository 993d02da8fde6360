"""Orders that wait behind those that lock their products (`afterOpenOrder`)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple
from uuid import UUID

import msgspec

from services.order.domain.acceptance.acceptance import AcceptedOrder
from services.order.domain.acceptance.request import RequestedOrder
from services.order.domain.fulfilment.product import Product, ProductStatus, unlock
from services.order.domain.fulfilment.product_locks import lock
from services.order.domain.fulfilment.progress import Progress
from services.order.domain.fulfilment.waiting import waiting_progress
from services.order.domain.order import Item, Order, OrderContent
from shared.contracts import OrderAccepted, OrderQueued, OrderTerms


@dataclass(frozen=True, slots=True)
class QueuedOrder:
    """The request of an order that waits: it is validated again before the order starts."""

    order_id: UUID
    is_tenant_wide: bool
    """Whether its client may change the products of all clients."""

    requested: RequestedOrder
    """Without personal data: those of the order hold."""


class QueueingResult(NamedTuple):
    """The result of queueing an order."""

    order: Order
    progress: Progress
    locked_products: tuple[Product, ...]
    """Those of its products that are free: no later order overtakes it."""

    awaited_product_ids: tuple[UUID, ...]
    message: OrderQueued
    queued: QueuedOrder


def as_if_free(requested: RequestedOrder, products: Mapping[UUID, Product]) -> dict[UUID, Product]:
    """Return products as if no order locked them, for an order that may wait for their locks.

    Products that the order does not name and that another one ends stay as they are.
    """
    named = {*requested.product_ids, *requested.base_product_ids}
    return {
        id_: each
        if each.status is ProductStatus.PENDING_TERMINATE and id_ not in named
        else unlocked(each)
        for id_, each in products.items()
    }


def as_held(order_id: UUID, products: Mapping[UUID, Product]) -> dict[UUID, Product]:
    """Return products as if they were free where they are locked for an order itself."""
    return {
        id_: unlocked(each) if each.busy_with == order_id else each
        for id_, each in products.items()
    }


def unlocked(product: Product) -> Product:
    """Return a product as it is without the order that locks it."""
    return unlock(product) if product.busy_with else product


def queue(
    accepted: AcceptedOrder,
    queued: QueuedOrder,
    products: Mapping[UUID, Product],
    ahead: Mapping[UUID, UUID],
) -> QueueingResult:
    """Return an order that was accepted as if its products were free, waiting for those before it.

    Args:
        accepted: the order.
        queued: its request.
        products: the products as they are.
        ahead: the orders directly before it, by product.
    """
    waits_for = tuple(dict.fromkeys(ahead.values()))
    order = with_content(
        accepted.order, msgspec.structs.replace(accepted.order.content, waits_for=waits_for)
    )
    free = [id_ for id_ in order.locked_product_ids() if id_ not in ahead]
    return QueueingResult(
        order,
        waiting_progress(order),
        tuple(lock(products[id_], order.id, is_ended=False) for id_ in free),
        tuple(ahead),
        queued_message(accepted.message, waits_for, queued),
        queued,
    )


def with_content(order: Order, content: OrderContent) -> Order:
    """Return an order with other content, before its acceptance is published."""
    return replace(order, content=content)


def queued_message(
    accepted: OrderAccepted, waits_for: tuple[UUID, ...], queued: QueuedOrder
) -> OrderQueued:
    """Return the message that an order waits, with the terms on which it would be accepted now."""
    terms = {name: getattr(accepted, name) for name in OrderTerms.__struct_fields__}
    return OrderQueued(
        **terms,
        waits_for=waits_for,
        requested=msgspec.json.encode(queued.requested),
        is_tenant_wide=queued.is_tenant_wide,
    )


def queued_order_as_published(message: OrderQueued) -> QueuedOrder:
    """Return the request of an order that waits, from its published message."""
    requested = msgspec.json.decode(message.requested, type=RequestedOrder)
    return QueuedOrder(message.order_id, message.is_tenant_wide, requested)


def request_without_personal_data(requested: RequestedOrder) -> RequestedOrder:
    """Return a request without personal data and dates, which its acceptance alone checks."""
    parties = (
        replace(each, name="", phone="", email="", identifications=(), check=None)
        for each in requested.parties
    )
    return replace(
        requested,
        parties=tuple(parties),
        description="",
        notes=(),
        requested_start=None,
        requested_completion=None,
    )


def content_at_start(quoted: OrderContent, current: OrderContent) -> OrderContent:
    """Return the content with which an order that has waited starts.

    It is that of its acceptance, if all its products are still as they were then; else the items
    follow from the products as they are, and are priced anew.
    """
    pairs = zip(quoted.items, current.items, strict=True)
    if all(is_as_quoted(*pair) for pair in pairs):
        return quoted
    return msgspec.structs.replace(quoted, items=current.items, bundles=current.bundles)


def is_as_quoted(quoted: Item, current: Item) -> bool:
    """Tell whether the product of an item, and the one that it relies on, are as they were."""
    return all(
        getattr(quoted.ordered, name) == getattr(current.ordered, name)
        for name in ("follows", "base_product_id", "base_service_id", "address_id")
    )
