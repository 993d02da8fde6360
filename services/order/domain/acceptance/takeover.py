"""An order that was told of before the database was restored, made out of what was told."""

from collections.abc import Mapping
from typing import NamedTuple
from uuid import UUID

import msgspec

from services.order.domain.acceptance.submission import Submission
from services.order.domain.catalogue.catalogue import PriceKind
from services.order.domain.catalogue.pricing import Charge
from services.order.domain.fulfilment.product import Product, mark_pending_terminate
from services.order.domain.fulfilment.progress import Progress, acknowledge
from services.order.domain.order import BundleItem, Item, Note, Order, OrderContent
from shared.contracts import (
    BundleRecord,
    ChargeRecord,
    ItemRecord,
    NoteRecord,
    OrderAccepted,
    OrderRecord,
)
from shared.errors import TooEarlyError


class TakenOverOrder(NamedTuple):
    """All that comes of an order that is taken over."""

    order: Order
    progress: Progress
    disconnected_products: tuple[Product, ...]


def order_record(order: Order, submission: Submission) -> OrderRecord:
    """Return what is kept of an order, beside what everybody is told of it."""
    content = order.content
    return OrderRecord(
        items=tuple(item_record(each) for each in content.items),
        bundles=tuple(BundleRecord(**msgspec.structs.asdict(each)) for each in content.bundles),
        is_organization=content.is_organization,
        known_category=content.known_category,
        category=content.category,
        description=content.description,
        notes=tuple(NoteRecord(text=each.text) for each in content.notes),
        requested_start=content.requested_start,
        requested_completion=content.requested_completion,
        person=content.person,
        idempotency_key=submission.idempotency_key or "",
        fingerprint=submission.fingerprint,
    )


def item_record(item: Item) -> ItemRecord:
    """Return what is kept of an item, beside what everybody is told of it."""
    return ItemRecord(
        bundle_item=item.bundle_item,
        local_network=item.local_network,
        charges=tuple(ChargeRecord(**msgspec.structs.asdict(each)) for each in item.charges),
    )


def take_over(
    message: OrderAccepted, tenant: str, products: Mapping[UUID, Product]
) -> TakenOverOrder:
    """Return an order as it was when it was told that it is accepted.

    Args:
        message: what everybody was told.
        tenant: whose order it is.
        products: those that it takes away.

    Raises:
        TooEarlyError: if a product that it takes away is not in the installed base yet.
    """
    content = content_from_message(message, message.record or empty_record(message))
    order = Order(message.order_id, tenant, message.client, content.customer.id, content)
    ended = order.disconnected_product_ids()
    if missing := [each for each in ended if each not in products]:
        msg = f"product {missing[0]}, which the order takes away, is not there yet"
        raise TooEarlyError(msg)
    claimed = tuple(mark_pending_terminate(products[each], order.id) for each in ended)
    return TakenOverOrder(order, acknowledge(order), claimed)


def empty_record(message: OrderAccepted) -> OrderRecord:
    """Return the record of an order that was told of before there were records: nothing more."""
    return OrderRecord(items=tuple(ItemRecord() for _ in message.items))


def content_from_message(message: OrderAccepted, record: OrderRecord) -> OrderContent:
    """Return what an order asks for, out of what was told."""
    items = zip(message.items, record.items, strict=True)
    return OrderContent(
        customer=message.customer,
        is_organization=record.is_organization,
        known_category=record.known_category,
        items=tuple(
            Item(
                ordered=ordered,
                bundle_item=kept.bundle_item,
                local_network=kept.local_network,
                charges=tuple(charge_from_record(each) for each in kept.charges),
            )
            for ordered, kept in items
        ),
        bundles=tuple(BundleItem(**msgspec.structs.asdict(each)) for each in record.bundles),
        external_id=message.external_id,
        channel=message.channel,
        priority=message.priority,
        category=record.category,
        description=record.description,
        notes=tuple(Note(text=each.text) for each in record.notes),
        requested_start=record.requested_start,
        requested_completion=record.requested_completion,
        person=record.person,
    )


def charge_from_record(record: ChargeRecord) -> Charge:
    """Return a line of what an item costs."""
    values = msgspec.structs.asdict(record)
    return Charge(**(values | {"kind": PriceKind(record.kind)}))
