"""Reasons of items: why a product is suspended (停机), resumed (复机) or disconnected (拆机)."""

from collections.abc import Iterator

from services.order.domain.acceptance.request import RequestedItem
from services.order.domain.fulfilment.disconnection import disconnection_reason, reason_ids
from services.order.domain.fulfilment.product import Product
from services.order.domain.suspension_reasons import reasons_by_id
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


def disconnection_faults(item: RequestedItem, product: Product) -> Iterator[Fault]:
    """Name what is wrong with the reason for which a product is disconnected."""
    at = f"{item.field}/disconnectionReason"
    reason = disconnection_reason(item.disconnection_reason)
    if reason is None:
        fault = "there is no such reason"
        remedy = f"use one of: {', '.join(reason_ids())}"
        yield Fault(at, "disconnection-reason-unknown", fault, remedy)
    elif reason.needs_suspension and not set(reason.needs_suspension) & set(product.suspended_for):
        fault = f"the product is not suspended for {' or '.join(reason.needs_suspension)}"
        remedy = "suspend it first, or use another reason"
        yield Fault(at, "not-suspended", fault, remedy)
