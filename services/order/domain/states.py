"""Where items and orders stand: one table (TMF622 v4 state names).

An item moves by ITEMS; an order's state is composed from its items' by `compose`.
Messages of one service arrive in the order they were told, those of two services
do not: a pair marked IGNORED is a message that another has overtaken. A pair that
is not in the table can never be legal.
"""

from collections.abc import Collection
from enum import StrEnum

from shared.errors import PoisonError


class State(StrEnum):
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


class Event(StrEnum):
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


FINAL = frozenset({State.COMPLETED, State.FAILED, State.REJECTED, State.CANCELLED, State.PARTIAL})
"""Nothing happens any more."""

IGNORED = None

ITEMS: dict[tuple[State, Event], State | None] = {
    (State.ACKNOWLEDGED, Event.ASSIGNED): State.IN_PROGRESS,
    (State.ACKNOWLEDGED, Event.UNSERVED): State.REJECTED,
    (State.ACKNOWLEDGED, Event.REFUSED): State.IN_PROGRESS,
    # provisioning has overtaken resources
    (State.ACKNOWLEDGED, Event.HELD): State.HELD,
    (State.ACKNOWLEDGED, Event.COMPLETED): State.COMPLETED,
    (State.ACKNOWLEDGED, Event.FAILED): State.FAILED,
    (State.ACKNOWLEDGED, Event.FAILED_UNSERVED): State.REJECTED,
    (State.IN_PROGRESS, Event.HELD): State.HELD,
    (State.HELD, Event.RESUMED): State.IN_PROGRESS,
    (State.IN_PROGRESS, Event.COMPLETED): State.COMPLETED,
    (State.IN_PROGRESS, Event.FAILED): State.FAILED,
    (State.IN_PROGRESS, Event.FAILED_UNSERVED): State.FAILED,
    # people ended it while it was held
    (State.HELD, Event.COMPLETED): State.COMPLETED,
    (State.HELD, Event.FAILED): State.FAILED,
    (State.HELD, Event.FAILED_UNSERVED): State.FAILED,
    # a second branch of the plan has stopped as well
    (State.HELD, Event.HELD): IGNORED,
    # provisioning was restored, and people decide once more what they had decided
    (State.IN_PROGRESS, Event.RESUMED): IGNORED,
    # resources was asked again after the order had gone on: provisioning decides
    (State.IN_PROGRESS, Event.ASSIGNED): IGNORED,
    (State.IN_PROGRESS, Event.UNSERVED): IGNORED,
    (State.IN_PROGRESS, Event.REFUSED): IGNORED,
    # resources was overtaken by provisioning
    (State.HELD, Event.ASSIGNED): IGNORED,
    (State.HELD, Event.UNSERVED): IGNORED,
    (State.HELD, Event.REFUSED): IGNORED,
    (State.COMPLETED, Event.ASSIGNED): IGNORED,
    (State.COMPLETED, Event.REFUSED): IGNORED,
    (State.FAILED, Event.ASSIGNED): IGNORED,
    (State.FAILED, Event.UNSERVED): IGNORED,
    (State.FAILED, Event.REFUSED): IGNORED,
    # a rejected order needs no plan; provisioning says so once more
    (State.REJECTED, Event.FAILED): IGNORED,
    (State.REJECTED, Event.FAILED_UNSERVED): IGNORED,
    (State.REJECTED, Event.UNSERVED): IGNORED,
}


def after(state: State, event: Event) -> State:
    """Return where an item stands after an event.

    Raises:
        PoisonError: if that can never happen to an item in this state.
    """
    try:
        return ITEMS[state, event] or state
    except KeyError:
        msg = f"{event} can never happen to an item that is {state}"
        raise PoisonError(msg) from None


LOUDEST = (
    State.PENDING_CANCELLATION,
    State.ASSESSING_CANCELLATION,
    State.HELD,
    State.PENDING,
    State.IN_PROGRESS,
    State.ACKNOWLEDGED,
)
"""Of items that are under way, the first of these that one of them has is the order's."""


def compose(items: Collection[State]) -> State:
    """Return the state of an order whose items have these states."""
    states = set(items)
    if len(states) == 1:
        return next(iter(states))
    under_way = states - FINAL
    if under_way == {State.ACKNOWLEDGED}:
        return State.IN_PROGRESS
    if under_way:
        return next(state for state in LOUDEST if state in under_way)
    return State.PARTIAL if State.COMPLETED in states else mixed_end(states)


def mixed_end(states: Collection[State]) -> State:
    """Return the state of an order of which nothing came, for several reasons."""
    return State.FAILED if State.FAILED in states else State.CANCELLED
