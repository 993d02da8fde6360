"""Orders that wait behind those that lock their products (`afterOpenOrder`)."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple
from uuid import UUID

import msgspec

from services.order.domain.acceptance.acceptance import AcceptedOrder
from services.order.domain.acceptance.request import RequestedOrder
from services.order.domain.business_actions import ON_EXISTING
from services.order.domain.fulfilment.product import Product, ProductStatus, unlock
from services.order.domain.fulfilment.product_locks import lock
from services.order.domain.fulfilment.progress import Progress
from services.order.domain.fulfilment.waiting import waiting_progress
from services.order.domain.order import Item, Order, OrderContent
from services.order.domain.suspension_reasons import forbidding
from shared.contracts import OrderAccepted, OrderedItem, OrderQueued, OrderTerms


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


def are_products_unchanged(
    order: Order,
    requested: RequestedOrder,
    products: Mapping[UUID, Product],
    bases_of_others: Collection[UUID],
) -> bool:
    """Tell whether the products of an order that has waited are as they were at its acceptance.

    Args:
        order: as it was accepted.
        requested: its request.
        products: those that it concerns, free where they are locked for it.
        bases_of_others: the bases of products that its client may not see.
    """
    own = {each.ordered.product_id for each in order.items}
    others = [
        each
        for each in products.values()
        if each.id not in own and each.status is not ProductStatus.TERMINATED
    ]
    leaving = set(requested.ids_with_dependents)
    if leaving & {*bases_of_others, *(each.base_id for each in others)}:
        return False
    return all(is_item_unchanged(each, order, products) for each in order.items)


def is_item_unchanged(item: Item, order: Order, products: Mapping[UUID, Product]) -> bool:
    """Tell whether the existing products that an item needs are as they were at its acceptance."""
    if item.effect in ON_EXISTING:
        return is_product_unchanged(item.ordered, products)
    needs_base = item.ordered.base_product_id in order.base_product_ids()
    return not needs_base or is_base_unchanged(item.ordered, order.party_id, products)


def is_product_unchanged(ordered: OrderedItem, products: Mapping[UUID, Product]) -> bool:
    """Tell whether the product that an item changes or ends is as it was at its acceptance."""
    product = products.get(ordered.product_id)
    return (
        product is not None
        and product.latest_order_id == ordered.follows
        and product.base_id == ordered.base_product_id
        and product.status is not ProductStatus.TERMINATED
        and not product.busy_with
    )


def is_base_unchanged(
    ordered: OrderedItem, party_id: str, products: Mapping[UUID, Product]
) -> bool:
    """Tell whether the product on which a new one relies is as that needs it, at its address."""
    base = products.get(ordered.base_product_id) if ordered.base_product_id else None
    return (
        base is not None
        and base.party_id == party_id
        and base.content.address_id in {"", ordered.address_id}
        and base.status is not ProductStatus.TERMINATED
        and not base.busy_with
        and not forbidding(base.suspended_for, ordered.business_action)
    )


def content_priced_anew(accepted: OrderContent, current: OrderContent) -> OrderContent:
    """Return the content of an order that has waited and whose products have changed.

    Args:
        accepted: as it was accepted.
        current: as it would be accepted now. Items and prices are of this one, with the
            agreements by which they are priced.
    """
    return msgspec.structs.replace(accepted, items=current.items, bundles=current.bundles)
