"""The states of numbers and of pool items, and the life cycles of the kinds of resources."""

from collections.abc import Mapping
from dataclasses import dataclass
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
    """The state of any other resource of a pool, such as a leg or a pair."""

    FREE = "free"
    RESERVED = "reserved"
    IN_USE = "in_use"
    PRE_RELEASED = "pre_released"
    QUARANTINED = "quarantined"
    """Released; rests until a date, if its kind has a quarantine."""

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
    """It is free at once."""

    QUARANTINE = "quarantine"
    """It is released, and rests before it is free."""

    END_QUARANTINE = "thaw"
    OPEN = "open"
    PLAN = "plan"
    BLOCK = "block"
    FAIL = "fail"


ResourceState: TypeAlias = NumberState | PoolItemState
ResourceTransitions: TypeAlias = Mapping[Transition, Mapping[ResourceState, ResourceState]]

NUMBER_TRANSITIONS: ResourceTransitions = MappingProxyType(
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
        Transition.QUARANTINE: {NumberState.PENDING_RELEASE: NumberState.QUARANTINED},
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
    }
)
"""A state that is not in a transition's table does not change: a late or repeated message has no
effect.
"""

POOL_ITEM_TRANSITIONS: ResourceTransitions = MappingProxyType(
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
        Transition.QUARANTINE: {PoolItemState.PRE_RELEASED: PoolItemState.QUARANTINED},
        Transition.END_QUARANTINE: {PoolItemState.QUARANTINED: PoolItemState.FREE},
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


@dataclass(frozen=True, slots=True)
class ResourceLifeCycle:
    """The states of the resources of a kind, and the transitions between them."""

    transitions: ResourceTransitions
    free: ResourceState
    reserved: ResourceState
    held: frozenset[ResourceState]
    """In these states, and in no other, a resource has a holder."""

    withdrawn: frozenset[ResourceState]
    """The states in which people have withdrawn it from its pool."""

    def next_state(self, state: ResourceState, transition: Transition) -> ResourceState | None:
        """Return the state after a transition; None if the transition does not apply."""
        return self.transitions.get(transition, {}).get(state)


NUMBER_LIFE_CYCLE = ResourceLifeCycle(
    NUMBER_TRANSITIONS,
    free=NumberState.IDLE,
    reserved=NumberState.RESERVED,
    held=frozenset({NumberState.RESERVED, NumberState.IN_USE, NumberState.PENDING_RELEASE}),
    withdrawn=frozenset({NumberState.BLOCKED}),
)

POOL_ITEM_LIFE_CYCLE = ResourceLifeCycle(
    POOL_ITEM_TRANSITIONS,
    free=PoolItemState.FREE,
    reserved=PoolItemState.RESERVED,
    held=frozenset({PoolItemState.RESERVED, PoolItemState.IN_USE, PoolItemState.PRE_RELEASED}),
    withdrawn=frozenset({PoolItemState.BLOCKED, PoolItemState.FAULTY}),
)

IMPORT_TRANSITIONS: Mapping[NumberState, Transition] = MappingProxyType(
    {
        NumberState.IDLE: Transition.OPEN,
        NumberState.PLANNED: Transition.PLAN,
        NumberState.BLOCKED: Transition.BLOCK,
    }
)
"""The transition that an import applies to the unheld numbers of a segment."""
