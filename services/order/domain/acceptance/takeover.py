"""The takeover of an order that was published before the database was restored."""

from collections.abc import Mapping
from typing import NamedTuple
from uuid import UUID

import msgspec

from services.order.domain.acceptance.submission import Submission
from services.order.domain.catalogue.prices import (
    BillingMonth,
    ChargeStart,
    PriceKind,
)
from services.order.domain.catalogue.pricing import Charge
from services.order.domain.fulfilment.product import Product
from services.order.domain.fulfilment.product_locks import lock_products
from services.order.domain.fulfilment.progress import Progress, initial_progress
from services.order.domain.order import (
    BundleParentItem,
    CommitmentTerms,
    Item,
    Note,
    Order,
    OrderContent,
    RealNameCheck,
)
from shared.contracts import (
    BundleRecord,
    ChargeRecord,
    CommitmentRecord,
    ItemRecord,
    NoteRecord,
    OrderAccepted,
    OrderRecord,
    OrderTerms,
    RealNameCheckRecord,
)
from shared.errors import EarlyMessageError


class TakenOverOrder(NamedTuple):
    """The result of taking over an order."""

    order: Order
    progress: Progress
    locked_products: tuple[Product, ...]


def order_record(order: Order, submission: Submission) -> OrderRecord:
    """Return the data of an order that its message carries for the order service alone."""
    content = order.content
    return OrderRecord(
        items=tuple(item_record(each) for each in content.items),
        bundles=tuple(BundleRecord(**msgspec.structs.asdict(each)) for each in content.bundles),
        is_organization=content.is_organization,
        known_category=content.known_category,
        quote_id=content.quote_id,
        category=content.category,
        description=content.description,
        notes=tuple(NoteRecord(text=each.text) for each in content.notes),
        requested_start=content.requested_start,
        requested_completion=content.requested_completion,
        person=content.person,
        waits_for=content.waits_for,
        real_name_checks=tuple(
            RealNameCheckRecord(**msgspec.structs.asdict(each)) for each in content.real_name_checks
        ),
        idempotency_key=submission.idempotency_key or "",
        fingerprint=submission.fingerprint,
    )


def item_record(item: Item) -> ItemRecord:
    """Return the data of an item that the message carries for the order service alone."""
    return ItemRecord(
        bundle_item=item.bundle_item,
        local_network=item.local_network,
        charges=tuple(ChargeRecord(**msgspec.structs.asdict(each)) for each in item.charges),
        agreement_id=item.agreement_id,
        commitment=commitment_record(item.commitment),
        charge_start=item.charge_start,
        charged_from=item.charged_from,
        counts_as=item.counts_as,
    )


def commitment_record(terms: CommitmentTerms | None) -> CommitmentRecord | None:
    """Return the terms of a commitment as they are published."""
    return CommitmentRecord(**msgspec.structs.asdict(terms)) if terms else None


def order_as_published(
    message: OrderAccepted, tenant: str, products: Mapping[UUID, Product]
) -> TakenOverOrder:
    """Return an order as it was when its acceptance was published.

    Args:
        message: the published acceptance.
        tenant: the tenant of the order.
        products: those that it changes or ends, and those that new ones rely on.

    Raises:
        EarlyMessageError: if a product that it changes or ends is not in the installed base yet, or
            not as the order before left it.
    """
    order = order_from_message(message, tenant)
    check_products_exist(order, products)
    for each in message.items:
        if each.follows and products[each.product_id].latest_order_id != each.follows:
            msg = f"order {each.follows}, which changed product {each.product_id}, is not over yet"
            raise EarlyMessageError(msg)
    return TakenOverOrder(order, initial_progress(order), lock_products(order, products))


def order_from_message(message: OrderTerms, tenant: str) -> Order:
    """Return an order from its published message."""
    content = content_from_message(message, message.record or empty_record(message))
    return Order(message.order_id, tenant, message.client, content.customer.id, content)


def check_products_exist(order: Order, products: Mapping[UUID, Product]) -> None:
    """Check that the products that an order locks are in the installed base.

    Raises:
        EarlyMessageError: if one is not there yet.
    """
    if missing := [each for each in order.locked_product_ids() if each not in products]:
        msg = f"product {missing[0]}, which the order names, does not exist yet"
        raise EarlyMessageError(msg)


def empty_record(message: OrderTerms) -> OrderRecord:
    """Return an empty record, for an order that was published before messages had records."""
    return OrderRecord(items=tuple(ItemRecord() for _ in message.items))


def content_from_message(message: OrderTerms, record: OrderRecord) -> OrderContent:
    """Return the content of an order from its published message."""
    items = zip(message.items, record.items, strict=True)
    return OrderContent(
        customer=message.customer,
        is_organization=record.is_organization,
        known_category=record.known_category,
        quote_id=record.quote_id,
        items=tuple(
            Item(
                ordered=ordered,
                bundle_item=own.bundle_item,
                local_network=own.local_network,
                charges=tuple(charge_from_record(each) for each in own.charges),
                agreement_id=own.agreement_id,
                commitment=commitment_from_record(own.commitment),
                charge_start=ChargeStart(own.charge_start),
                charged_from=own.charged_from,
                counts_as=own.counts_as,
            )
            for ordered, own in items
        ),
        bundles=tuple(BundleParentItem(**msgspec.structs.asdict(each)) for each in record.bundles),
        external_id=message.external_id,
        channel=message.channel,
        priority=message.priority,
        category=record.category,
        description=record.description,
        notes=tuple(Note(text=each.text) for each in record.notes),
        requested_start=record.requested_start,
        requested_completion=record.requested_completion,
        person=record.person,
        waits_for=record.waits_for,
        real_name_checks=tuple(
            RealNameCheck(**msgspec.structs.asdict(each)) for each in record.real_name_checks
        ),
    )


def charge_from_record(record: ChargeRecord) -> Charge:
    """Return a charge of an item."""
    values = msgspec.structs.asdict(record)
    kinds = {"kind": PriceKind(record.kind), "first_month": BillingMonth(record.first_month)}
    return Charge(**(values | kinds))


def commitment_from_record(record: CommitmentRecord | None) -> CommitmentTerms | None:
    """Return the terms of the commitment of an item."""
    return CommitmentTerms(**msgspec.structs.asdict(record)) if record else None
