"""Suspension and resumption of a product (停机, 复机): the reason that is added or lifted."""

from collections.abc import Iterator

import msgspec

from services.order.domain.acceptance.changes import ordered_product
from services.order.domain.acceptance.request import RequestedItem
from services.order.domain.fulfilment.product import Product
from services.order.domain.fulfilment.suspension import reasons_by_id, strongest_bar
from services.order.domain.order import Item
from shared.contracts import BAR_CHARACTERISTIC, BusinessAction, Characteristic
from shared.errors import Fault


def suspension_faults(item: RequestedItem, product: Product, *, adds: bool) -> Iterator[Fault]:
    """Name what is wrong with the reason that is added to a product, or lifted from it."""
    at, reason = f"{item.field}/suspensionReason", item.suspension_reason
    known, present = reasons_by_id(), product.suspended_for
    possible = [each for each in known if each not in present] if adds else list(present)
    remedy = f"use one of: {', '.join(possible)}" if possible else "leave the item out"
    if not reason:
        yield Fault(at, "suspension-reason-missing", "no reason is named", remedy)
    elif adds and reason not in known:
        yield Fault(at, "suspension-reason-unknown", "there is no such reason", remedy)
    elif adds and reason in present:
        fault = "the product is suspended for this reason already"
        yield Fault(at, "suspended-already", fault, remedy)
    elif not adds and reason not in present:
        yield Fault(at, "not-suspended", "the product is not suspended for this reason", remedy)


def suspension_item(
    item: RequestedItem, action: BusinessAction, product: Product, *, adds: bool
) -> Item:
    """Return the accepted item that suspends a product for a reason, or lifts one."""
    content, reason = product.content, item.suspension_reason
    left = {*product.suspended_for, reason} if adds else {*product.suspended_for} - {reason}
    bar = Characteristic(name=BAR_CHARACTERISTIC, value=strongest_bar(left))
    ordered = ordered_product(item, action, product)
    ordered = msgspec.structs.replace(
        ordered,
        characteristics=(*content.characteristics, bar),
        reason=reason,
    )
    return Item(ordered=ordered, local_network=content.local_network)
