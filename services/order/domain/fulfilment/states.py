"""The states of items and orders: one table (TMF622 v4 state names).

Each item changes by ITEM_TRANSITIONS and its own events; CANCELLATION_TRANSITIONS says whether the
cancellation of the order is assessed or under way. `compose_order_state` composes an order's state
from both. Messages of one service arrive in the order in which they were published, those
of two services do not: a pair marked IGNORED is a message that another has overtaken. A
pair that is not in the table is never legal.
"""

from collections.abc import Collection
from enum import StrEnum

from shared.contracts import OrderState
from shared.errors import PoisonError


class ItemEvent(StrEnum):
    """The events of an item, from the messages of the other services."""

    ASSIGNED = "assigned"
    """Resources holds everything that one request of the plan names."""

    UNSERVED = "unserved"
    """Resources reports, to the first request, that no equipment serves the address."""

    REFUSED = "refused"
    """Resources refuses a request; provisioning decides what follows."""

    HELD = "held"
    RESUMED = "resumed"
    COMPLETED = "completed"
    FAILED = "failed"
    FAILED_UNSERVED = "failed-unserved"
    """Provisioning failed because resources refused the first request: no equipment serves it."""

    INFORMATION_MISSING = "information-missing"
    """It waits for the customer. No message causes this event or the next one yet."""

    INFORMATION_GIVEN = "information-given"
    FREE = "free"
    """The orders for which it waited have ended, and it can be carried out."""

    NO_LONGER_POSSIBLE = "no-longer-possible"
    """They have ended, and it cannot be carried out any more."""

    CANCELLED = "cancelled"
    """Everything that was done for it is undone, because its cancellation was accepted. No message
    causes this event yet."""


class CancellationEvent(StrEnum):
    """The events of the cancellation of an order. No message causes one yet."""

    REQUESTED = "cancellation-requested"
    DENIED = "cancellation-denied"
    ACCEPTED = "cancellation-accepted"


FINAL_STATES = frozenset(
    {
        OrderState.COMPLETED,
        OrderState.FAILED,
        OrderState.REJECTED,
        OrderState.CANCELLED,
        OrderState.PARTIAL,
    }
)
"""States of orders that have ended."""

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
    # the customer is asked for something, and answers
    (OrderState.ACKNOWLEDGED, ItemEvent.INFORMATION_MISSING): OrderState.PENDING,
    (OrderState.IN_PROGRESS, ItemEvent.INFORMATION_MISSING): OrderState.PENDING,
    (OrderState.PENDING, ItemEvent.INFORMATION_GIVEN): OrderState.IN_PROGRESS,
    (OrderState.PENDING, ItemEvent.HELD): OrderState.HELD,
    (OrderState.PENDING, ItemEvent.COMPLETED): OrderState.COMPLETED,
    (OrderState.PENDING, ItemEvent.FAILED): OrderState.FAILED,
    (OrderState.PENDING, ItemEvent.FAILED_UNSERVED): OrderState.FAILED,
    # it waited for other orders
    (OrderState.PENDING, ItemEvent.FREE): OrderState.ACKNOWLEDGED,
    (OrderState.PENDING, ItemEvent.NO_LONGER_POSSIBLE): OrderState.REJECTED,
    # the cancellation was accepted
    (OrderState.ACKNOWLEDGED, ItemEvent.CANCELLED): OrderState.CANCELLED,
    (OrderState.IN_PROGRESS, ItemEvent.CANCELLED): OrderState.CANCELLED,
    (OrderState.PENDING, ItemEvent.CANCELLED): OrderState.CANCELLED,
    (OrderState.HELD, ItemEvent.CANCELLED): OrderState.CANCELLED,
    # a second branch of the plan is held as well
    (OrderState.HELD, ItemEvent.HELD): IGNORED,
    # provisioning was restored, and people repeat their decision
    (OrderState.IN_PROGRESS, ItemEvent.RESUMED): IGNORED,
    # a later step requests resources, or the first request is repeated: provisioning decides
    (OrderState.IN_PROGRESS, ItemEvent.ASSIGNED): IGNORED,
    (OrderState.IN_PROGRESS, ItemEvent.UNSERVED): IGNORED,
    (OrderState.IN_PROGRESS, ItemEvent.REFUSED): IGNORED,
    # provisioning has overtaken resources, or another branch of the plan requests resources
    (OrderState.HELD, ItemEvent.ASSIGNED): IGNORED,
    (OrderState.HELD, ItemEvent.UNSERVED): IGNORED,
    (OrderState.HELD, ItemEvent.REFUSED): IGNORED,
    (OrderState.PENDING, ItemEvent.ASSIGNED): IGNORED,
    (OrderState.PENDING, ItemEvent.UNSERVED): IGNORED,
    (OrderState.PENDING, ItemEvent.REFUSED): IGNORED,
    (OrderState.CANCELLED, ItemEvent.ASSIGNED): IGNORED,
    (OrderState.CANCELLED, ItemEvent.UNSERVED): IGNORED,
    (OrderState.CANCELLED, ItemEvent.REFUSED): IGNORED,
    (OrderState.COMPLETED, ItemEvent.ASSIGNED): IGNORED,
    (OrderState.COMPLETED, ItemEvent.REFUSED): IGNORED,
    (OrderState.FAILED, ItemEvent.ASSIGNED): IGNORED,
    (OrderState.FAILED, ItemEvent.UNSERVED): IGNORED,
    (OrderState.FAILED, ItemEvent.REFUSED): IGNORED,
    # a rejected order needs no plan; provisioning reports the failure again
    (OrderState.REJECTED, ItemEvent.FAILED): IGNORED,
    (OrderState.REJECTED, ItemEvent.FAILED_UNSERVED): IGNORED,
    (OrderState.REJECTED, ItemEvent.UNSERVED): IGNORED,
}


def next_state(state: OrderState, event: ItemEvent) -> OrderState:
    """Return the state of an item after an event.

    Raises:
        PoisonError: if the event is never legal in this state.
    """
    try:
        return ITEM_TRANSITIONS[state, event] or state
    except KeyError:
        msg = f"{event} can never happen to an item that is {state}"
        raise PoisonError(msg) from None


CANCELLATION_STATES = frozenset(
    {OrderState.ASSESSING_CANCELLATION, OrderState.PENDING_CANCELLATION}
)
"""The states of an order whose cancellation is assessed or under way; no item has one."""

NOT_CANCELLED = None

CANCELLATION_TRANSITIONS: dict[CancellationEvent, dict[OrderState | None, OrderState | None]] = {
    CancellationEvent.REQUESTED: {
        NOT_CANCELLED: OrderState.ASSESSING_CANCELLATION,
        # it was requested a second time
        OrderState.ASSESSING_CANCELLATION: OrderState.ASSESSING_CANCELLATION,
        OrderState.PENDING_CANCELLATION: OrderState.PENDING_CANCELLATION,
    },
    CancellationEvent.DENIED: {OrderState.ASSESSING_CANCELLATION: NOT_CANCELLED},
    CancellationEvent.ACCEPTED: {
        OrderState.ASSESSING_CANCELLATION: OrderState.PENDING_CANCELLATION
    },
}


def cancellation_of(order: OrderState) -> OrderState | None:
    """Return the state of the cancellation of an order in this state; None if there is none."""
    return order if order in CANCELLATION_STATES else NOT_CANCELLED


def next_cancellation(order: OrderState, event: CancellationEvent) -> OrderState | None:
    """Return the state of the cancellation after an event; None if there is none then.

    Raises:
        PoisonError: if the event is never legal in this state.
    """
    following, cancellation = CANCELLATION_TRANSITIONS[event], cancellation_of(order)
    if order in FINAL_STATES or cancellation not in following:
        msg = f"{event} can never happen to an order that is {order}"
        raise PoisonError(msg)
    return following[cancellation]


STATE_PRECEDENCE = (
    OrderState.HELD,
    OrderState.PENDING,
    OrderState.IN_PROGRESS,
    OrderState.ACKNOWLEDGED,
)
"""An order under way has the first of these states that one of its items has."""


def compose_order_state(
    items: Collection[OrderState], cancellation: OrderState | None = NOT_CANCELLED
) -> OrderState:
    """Return the state of an order whose items have these states.

    While an item is under way, a cancellation that is assessed or under way takes precedence. Once
    it is denied, the order has the state of its items again.
    """
    states = set(items)
    under_way = states - FINAL_STATES
    if under_way and cancellation:
        return cancellation
    if len(states) == 1:
        return next(iter(states))
    if under_way == {OrderState.ACKNOWLEDGED}:
        return OrderState.IN_PROGRESS
    if under_way:
        return next(state for state in STATE_PRECEDENCE if state in under_way)
    return OrderState.PARTIAL if OrderState.COMPLETED in states else unsuccessful_state(states)


def unsuccessful_state(states: Collection[OrderState]) -> OrderState:
    """Return the state of an order whose items ended without success, in different states."""
    return OrderState.FAILED if OrderState.FAILED in states else OrderState.CANCELLED
