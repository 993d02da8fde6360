"""The states of numbers and of pool items: one table for each, by what befalls them."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import TypeAlias


class NumberState(StrEnum):
    """Where a number stands."""

    PLANNED = "planned"
    """Known, not to be given out yet."""

    IDLE = "idle"
    SELECTED = "selected"
    """Kept for a client for some minutes (选占)."""

    RESERVED = "reserved"
    """Bound to an order (预占), until its plan completes or gives it up."""

    IN_USE = "in_use"
    """A service has it (实占)."""

    PENDING_RELEASE = "pending_release"
    """Still connected, and about to be given back."""

    QUARANTINED = "quarantined"
    """Given back, and rests until a date (冷冻), so that nobody gets the last one's calls."""

    BLOCKED = "blocked"


class ItemState(StrEnum):
    """Where any other thing of a pool stands: a leg, a VLAN, a LOID, a pair."""

    FREE = "free"
    RESERVED = "reserved"
    IN_USE = "in_use"
    PRE_RELEASED = "pre_released"
    FAULTY = "faulty"
    BLOCKED = "blocked"


class Move(StrEnum):
    """What can befall a number or a pool item."""

    SELECT = "select"
    GIVE_UP = "give_up"
    RESERVE = "reserve"
    UNDO = "undo"
    """The order takes back what it did: reserving as well as pre-releasing."""

    OCCUPY = "occupy"
    PRE_RELEASE = "pre_release"
    RELEASE = "release"
    THAW = "thaw"
    OPEN = "open"
    PLAN = "plan"
    BLOCK = "block"
    FAIL = "fail"


NumberMoves: TypeAlias = Mapping[NumberState, NumberState]
ItemMoves: TypeAlias = Mapping[ItemState, ItemState]

NUMBER_MOVES: Mapping[Move, NumberMoves] = MappingProxyType(
    {
        Move.SELECT: {NumberState.IDLE: NumberState.SELECTED},
        Move.GIVE_UP: {NumberState.SELECTED: NumberState.IDLE},
        Move.RESERVE: {
            NumberState.IDLE: NumberState.RESERVED,
            NumberState.SELECTED: NumberState.RESERVED,
        },
        Move.PRE_RELEASE: {
            NumberState.IN_USE: NumberState.PENDING_RELEASE,
            # The completion that puts it in use is on its way by another topic.
            NumberState.RESERVED: NumberState.PENDING_RELEASE,
        },
        Move.UNDO: {
            NumberState.RESERVED: NumberState.IDLE,
            NumberState.PENDING_RELEASE: NumberState.IN_USE,
        },
        Move.OCCUPY: {NumberState.RESERVED: NumberState.IN_USE},
        Move.RELEASE: {NumberState.PENDING_RELEASE: NumberState.QUARANTINED},
        Move.THAW: {NumberState.QUARANTINED: NumberState.IDLE},
        Move.OPEN: {
            NumberState.PLANNED: NumberState.IDLE,
            NumberState.BLOCKED: NumberState.IDLE,
        },
        Move.PLAN: {NumberState.IDLE: NumberState.PLANNED},
        Move.BLOCK: {
            NumberState.IDLE: NumberState.BLOCKED,
            NumberState.PLANNED: NumberState.BLOCKED,
        },
        Move.FAIL: {},
    }
)
"""What is not in a move's table stays as it is: a late or doubled message finds nothing to do."""

ITEM_MOVES: Mapping[Move, ItemMoves] = MappingProxyType(
    {
        Move.RESERVE: {ItemState.FREE: ItemState.RESERVED},
        Move.PRE_RELEASE: {
            ItemState.IN_USE: ItemState.PRE_RELEASED,
            ItemState.RESERVED: ItemState.PRE_RELEASED,  # as for numbers
        },
        Move.UNDO: {
            ItemState.RESERVED: ItemState.FREE,
            ItemState.PRE_RELEASED: ItemState.IN_USE,
        },
        Move.OCCUPY: {ItemState.RESERVED: ItemState.IN_USE},
        Move.RELEASE: {ItemState.PRE_RELEASED: ItemState.FREE},
        Move.BLOCK: {ItemState.FREE: ItemState.BLOCKED, ItemState.FAULTY: ItemState.BLOCKED},
        Move.FAIL: {ItemState.FREE: ItemState.FAULTY, ItemState.BLOCKED: ItemState.FAULTY},
        Move.OPEN: {ItemState.BLOCKED: ItemState.FREE, ItemState.FAULTY: ItemState.FREE},
    }
)

State: TypeAlias = NumberState | ItemState


def after(state: State, move: Move) -> State | None:
    """Return what a move makes of a number or an item; None if it does nothing to it."""
    match state:
        case NumberState():
            return NUMBER_MOVES[move].get(state)
        case ItemState():
            return ITEM_MOVES.get(move, {}).get(state)


HELD_NUMBER = frozenset({NumberState.RESERVED, NumberState.IN_USE, NumberState.PENDING_RELEASE})
"""In these states, and in no other, a number has a holder."""

HELD_ITEM = frozenset({ItemState.RESERVED, ItemState.IN_USE, ItemState.PRE_RELEASED})

OPENS_AS: Mapping[NumberState, Move] = MappingProxyType(
    {
        NumberState.IDLE: Move.OPEN,
        NumberState.PLANNED: Move.PLAN,
        NumberState.BLOCKED: Move.BLOCK,
    }
)
"""What an import does to those numbers of a segment that nobody has."""
