"""The states of items and orders: one table (TMF622 v4 state names).

An item changes by ITEM_TRANSITIONS; `compose_order_state` composes an order's state from
its items'. Messages of one service arrive in the order in which they were published, those
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
    """Resources holds everything."""

    UNSERVED = "unserved"
    """Resources reports that no equipment serves the address."""

    REFUSED = "refused"
    """Resources cannot assign everything; provisioning will report the failure."""

    HELD = "held"
    RESUMED = "resumed"
    COMPLETED = "completed"
    FAILED = "failed"
    FAILED_UNSERVED = "failed-unserved"
    """Provisioning failed because resources has reported the address as unserved."""


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
    # a second branch of the plan is held as well
    (OrderState.HELD, ItemEvent.HELD): IGNORED,
    # provisioning was restored, and people repeat their decision
    (OrderState.IN_PROGRESS, ItemEvent.RESUMED): IGNORED,
    # resources was requested again after the order had continued: provisioning decides
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


STATE_PRECEDENCE = (
    OrderState.PENDING_CANCELLATION,
    OrderState.ASSESSING_CANCELLATION,
    OrderState.HELD,
    OrderState.PENDING,
    OrderState.IN_PROGRESS,
    OrderState.ACKNOWLEDGED,
)
"""An order under way has the first of these states that one of its items has."""


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
    """Return the state of an order whose items ended without success, in different states."""
    return OrderState.FAILED if OrderState.FAILED in states else OrderState.CANCELLED
