"""The states of numbers and of pool items: one table of transitions for each."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import TypeAlias


class NumberState(StrEnum):
    """The state of a number."""

    PLANNED = "planned"
    """Known, but not assignable yet."""

    IDLE = "idle"
    SELECTED = "selected"
    """Selected for a client for some minutes (选占)."""

    RESERVED = "reserved"
    """Bound to an order (预占), until its plan completes or gives it up."""

    IN_USE = "in_use"
    """In use by a service (实占)."""

    PENDING_RELEASE = "pending_release"
    """Still connected, and about to be released."""

    QUARANTINED = "quarantined"
    """Released; rests until a date (冷冻), so that nobody gets the last holder's calls."""

    BLOCKED = "blocked"


class PoolItemState(StrEnum):
    """The state of any other resource of a pool: a leg, a VLAN, a LOID, a pair."""

    FREE = "free"
    RESERVED = "reserved"
    IN_USE = "in_use"
    PRE_RELEASED = "pre_released"
    FAULTY = "faulty"
    BLOCKED = "blocked"


class Transition(StrEnum):
    """A transition of a number or a pool item."""

    SELECT = "select"
    GIVE_UP = "give_up"
    RESERVE = "reserve"
    UNDO = "undo"
    """The order is undone: its reservations as well as its pre-releases."""

    OCCUPY = "occupy"
    PRE_RELEASE = "pre_release"
    RELEASE = "release"
    END_QUARANTINE = "thaw"
    OPEN = "open"
    PLAN = "plan"
    BLOCK = "block"
    FAIL = "fail"


NumberTransitions: TypeAlias = Mapping[NumberState, NumberState]
PoolItemTransitions: TypeAlias = Mapping[PoolItemState, PoolItemState]

NUMBER_TRANSITIONS: Mapping[Transition, NumberTransitions] = MappingProxyType(
    {
        Transition.SELECT: {NumberState.IDLE: NumberState.SELECTED},
        Transition.GIVE_UP: {NumberState.SELECTED: NumberState.IDLE},
        Transition.RESERVE: {
            NumberState.IDLE: NumberState.RESERVED,
            NumberState.SELECTED: NumberState.RESERVED,
        },
        Transition.PRE_RELEASE: {
            NumberState.IN_USE: NumberState.PENDING_RELEASE,
            # The completion that puts it in use is on its way by another topic.
            NumberState.RESERVED: NumberState.PENDING_RELEASE,
        },
        Transition.UNDO: {
            NumberState.RESERVED: NumberState.IDLE,
            NumberState.PENDING_RELEASE: NumberState.IN_USE,
        },
        Transition.OCCUPY: {NumberState.RESERVED: NumberState.IN_USE},
        Transition.RELEASE: {NumberState.PENDING_RELEASE: NumberState.QUARANTINED},
        Transition.END_QUARANTINE: {NumberState.QUARANTINED: NumberState.IDLE},
        Transition.OPEN: {
            NumberState.PLANNED: NumberState.IDLE,
            NumberState.BLOCKED: NumberState.IDLE,
        },
        Transition.PLAN: {NumberState.IDLE: NumberState.PLANNED},
        Transition.BLOCK: {
            NumberState.IDLE: NumberState.BLOCKED,
            NumberState.PLANNED: NumberState.BLOCKED,
        },
        Transition.FAIL: {},
    }
)
"""A state that is not in a transition's table does not change: a late or repeated message has no
effect.
"""

POOL_ITEM_TRANSITIONS: Mapping[Transition, PoolItemTransitions] = MappingProxyType(
    {
        Transition.RESERVE: {PoolItemState.FREE: PoolItemState.RESERVED},
        Transition.PRE_RELEASE: {
            PoolItemState.IN_USE: PoolItemState.PRE_RELEASED,
            PoolItemState.RESERVED: PoolItemState.PRE_RELEASED,  # as for numbers
        },
        Transition.UNDO: {
            PoolItemState.RESERVED: PoolItemState.FREE,
            PoolItemState.PRE_RELEASED: PoolItemState.IN_USE,
        },
        Transition.OCCUPY: {PoolItemState.RESERVED: PoolItemState.IN_USE},
        Transition.RELEASE: {PoolItemState.PRE_RELEASED: PoolItemState.FREE},
        Transition.BLOCK: {
            PoolItemState.FREE: PoolItemState.BLOCKED,
            PoolItemState.FAULTY: PoolItemState.BLOCKED,
        },
        Transition.FAIL: {
            PoolItemState.FREE: PoolItemState.FAULTY,
            PoolItemState.BLOCKED: PoolItemState.FAULTY,
        },
        Transition.OPEN: {
            PoolItemState.BLOCKED: PoolItemState.FREE,
            PoolItemState.FAULTY: PoolItemState.FREE,
        },
    }
)

ResourceState: TypeAlias = NumberState | PoolItemState


def next_state(state: ResourceState, transition: Transition) -> ResourceState | None:
    """Return the state after a transition; None if the transition does not apply."""
    match state:
        case NumberState():
            return NUMBER_TRANSITIONS[transition].get(state)
        case PoolItemState():
            return POOL_ITEM_TRANSITIONS.get(transition, {}).get(state)


HELD_NUMBER_STATES = frozenset(
    {NumberState.RESERVED, NumberState.IN_USE, NumberState.PENDING_RELEASE}
)
"""In these states, and in no other, a number has a holder."""

HELD_ITEM_STATES = frozenset(
    {PoolItemState.RESERVED, PoolItemState.IN_USE, PoolItemState.PRE_RELEASED}
)

IMPORT_TRANSITIONS: Mapping[NumberState, Transition] = MappingProxyType(
    {
        NumberState.IDLE: Transition.OPEN,
        NumberState.PLANNED: Transition.PLAN,
        NumberState.BLOCKED: Transition.BLOCK,
    }
)
"""The transition that an import applies to the unheld numbers of a segment."""
