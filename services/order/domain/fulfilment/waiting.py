"""Progress of orders that wait until other orders for their products have ended."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from services.order.domain.fulfilment.progress import (
    ItemState,
    Progress,
    ProgressUpdate,
    advance_items,
    initial_progress,
    item_events,
    update_between,
)
from services.order.domain.fulfilment.states import ItemEvent
from services.order.domain.order import Order
from shared.contracts import OrderState
from shared.errors import DomainError, InvalidError

WAITS_CODE = "product-busy"
"""The code of an order that waits: it is that of the refusal of an order that does not."""

REJECTED_CODE = "no-longer-possible"


def waiting_progress(order: Order) -> Progress:
    """Return the progress of an order that waits for those before it."""
    state = OrderState.PENDING
    names = ", ".join(map(str, order.content.waits_for))
    return replace(
        initial_progress(order),
        state=state,
        items=tuple(ItemState(item.id, state) for item in order.items),
        code=WAITS_CODE,
        reason=f"waits for order {names}",
    )


def start(progress: Progress, now: datetime) -> ProgressUpdate:
    """Return an order that has waited, and is acknowledged now."""
    events = item_events(progress, ItemEvent.FREE)
    return update_between(progress, advance_items(progress, events, "", "", now))


def reject(progress: Progress, refusal: DomainError, now: datetime) -> ProgressUpdate:
    """Return an order that has waited, rejected with all reasons."""
    events = item_events(progress, ItemEvent.NO_LONGER_POSSIBLE)
    reason = "; ".join(reasons_of(refusal))
    return update_between(progress, advance_items(progress, events, REJECTED_CODE, reason, now))


def reasons_of(refusal: DomainError) -> Iterable[str]:
    """Return why an order is refused, each reason with its place in the request."""
    if isinstance(refusal, InvalidError):
        return [f"{each.field}: {each.reason} ({each.code})" for each in refusal.faults]
    return [f"{refusal} ({refusal.code})"]
