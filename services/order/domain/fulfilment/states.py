"""Where items and orders stand: one table (TMF622 v4 state names).

An item moves by ITEMS; an order's state is composed from its items' by `compose`.
Messages of one service arrive in the order they were told, those of two services
do not: a pair marked IGNORED is a message that another has overtaken. A pair that
is not in the table can never be legal.
"""

from collections.abc import Collection
from enum import StrEnum

from shared.errors import PoisonError


class OrderState(StrEnum):
    """Where an order or an item stands; `partial` is for orders only."""

    ACKNOWLEDGED = "acknowledged"
    REJECTED = "rejected"
    PENDING = "pending"
    HELD = "held"
    IN_PROGRESS = "inProgress"
    CANCELLED = "cancelled"
    COMPLETED = "completed"
    FAILED = "failed"
    PARTIAL = "partial"
    ASSESSING_CANCELLATION = "assessingCancellation"
    PENDING_CANCELLATION = "pendingCancellation"


class ItemEvent(StrEnum):
    """What may happen to an item, as the other services tell it."""

    ASSIGNED = "assigned"
    """Resources holds everything."""

    UNSERVED = "unserved"
    """Nothing of ours reaches the address, says resources."""

    REFUSED = "refused"
    """Resources cannot give everything; provisioning will say that it failed."""

    HELD = "held"
    RESUMED = "resumed"
    COMPLETED = "completed"
    FAILED = "failed"
    FAILED_UNSERVED = "failed-unserved"
    """Provisioning gives up, because resources has called the address unserved."""


FINAL_STATES = frozenset(
    {
        OrderState.COMPLETED,
        OrderState.FAILED,
        OrderState.REJECTED,
        OrderState.CANCELLED,
        OrderState.PARTIAL,
    }
)
"""Nothing happens any more."""

IGNORED = None

ITEM_TRANSITIONS: dict[tuple[OrderState, ItemEvent], OrderState | None] = {
    (OrderState.ACKNOWLEDGED, ItemEvent.ASSIGNED): OrderState.IN_PROGRESS,
    (OrderState.ACKNOWLEDGED, ItemEvent.UNSERVED): OrderState.REJECTED,
    (OrderState.ACKNOWLEDGED, ItemEvent.REFUSED): OrderState.IN_PROGRESS,
    # provisioning has overtaken resources
    (OrderState.ACKNOWLEDGED, ItemEvent.HELD): OrderState.HELD,
    (OrderState.ACKNOWLEDGED, ItemEvent.COMPLETED): OrderState.COMPLETED,
    (OrderState.ACKNOWLEDGED, ItemEvent.FAILED): OrderState.FAILED,
    (OrderState.ACKNOWLEDGED, ItemEvent.FAILED_UNSERVED): OrderState.REJECTED,
    (OrderState.IN_PROGRESS, ItemEvent.HELD): OrderState.HELD,
    (OrderState.HELD, ItemEvent.RESUMED): OrderState.IN_PROGRESS,
    (OrderState.IN_PROGRESS, ItemEvent.COMPLETED): OrderState.COMPLETED,
    (OrderState.IN_PROGRESS, ItemEvent.FAILED): OrderState.FAILED,
    (OrderState.IN_PROGRESS, ItemEvent.FAILED_UNSERVED): OrderState.FAILED,
    # people ended it while it was held
    (OrderState.HELD, ItemEvent.COMPLETED): OrderState.COMPLETED,
    (OrderState.HELD, ItemEvent.FAILED): OrderState.FAILED,
    (OrderState.HELD, ItemEvent.FAILED_UNSERVED): OrderState.FAILED,
    # a second branch of the plan has stopped as well
    (OrderState.HELD, ItemEvent.HELD): IGNORED,
    # provisioning was restored, and people decide once more what they had decided
    (OrderState.IN_PROGRESS, ItemEvent.RESUMED): IGNORED,
    # resources was asked again after the order had gone on: provisioning decides
    (OrderState.IN_PROGRESS, ItemEvent.ASSIGNED): IGNORED,
    (OrderState.IN_PROGRESS, ItemEvent.UNSERVED): IGNORED,
    (OrderState.IN_PROGRESS, ItemEvent.REFUSED): IGNORED,
    # resources was overtaken by provisioning
    (OrderState.HELD, ItemEvent.ASSIGNED): IGNORED,
    (OrderState.HELD, ItemEvent.UNSERVED): IGNORED,
    (OrderState.HELD, ItemEvent.REFUSED): IGNORED,
    (OrderState.COMPLETED, ItemEvent.ASSIGNED): IGNORED,
    (OrderState.COMPLETED, ItemEvent.REFUSED): IGNORED,
    (OrderState.FAILED, ItemEvent.ASSIGNED): IGNORED,
    (OrderState.FAILED, ItemEvent.UNSERVED): IGNORED,
    (OrderState.FAILED, ItemEvent.REFUSED): IGNORED,
    # a rejected order needs no plan; provisioning says so once more
    (OrderState.REJECTED, ItemEvent.FAILED): IGNORED,
    (OrderState.REJECTED, ItemEvent.FAILED_UNSERVED): IGNORED,
    (OrderState.REJECTED, ItemEvent.UNSERVED): IGNORED,
}


def next_state(state: OrderState, event: ItemEvent) -> OrderState:
    """Return where an item stands after an event.

    Raises:
        PoisonError: if that can never happen to an item in this state.
    """
    try:
        return ITEM_TRANSITIONS[state, event] or state
    except KeyError:
        msg = f"{event} can never happen to an item that is {state}"
        raise PoisonError(msg) from None


STATE_PRECEDENCE = (
    OrderState.PENDING_CANCELLATION,
    OrderState.ASSESSING_CANCELLATION,
    OrderState.HELD,
    OrderState.PENDING,
    OrderState.IN_PROGRESS,
    OrderState.ACKNOWLEDGED,
)
"""Of items that are under way, the first of these that one of them has is the order's."""


def compose_order_state(items: Collection[OrderState]) -> OrderState:
    """Return the state of an order whose items have these states."""
    states = set(items)
    if len(states) == 1:
        return next(iter(states))
    under_way = states - FINAL_STATES
    if under_way == {OrderState.ACKNOWLEDGED}:
        return OrderState.IN_PROGRESS
    if under_way:
        return next(state for state in STATE_PRECEDENCE if state in under_way)
    return OrderState.PARTIAL if OrderState.COMPLETED in states else unsuccessful_state(states)


def unsuccessful_state(states: Collection[OrderState]) -> OrderState:
    """Return the state of an order of which nothing came, for several reasons."""
    return OrderState.FAILED if OrderState.FAILED in states else OrderState.CANCELLED
