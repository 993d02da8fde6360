"""Taking single things out of their pools, and putting them back.

Only what nobody has: what an order or a service holds is taken out when it is given back.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from services.resources.domain.states import ItemState, Move, NumberState, State, after
from services.resources.domain.things import Kind
from shared.errors import ConflictError, Fault, InvalidError


class Why(StrEnum):
    """What a thing that is taken out is from then on."""

    BLOCKED = "blocked"
    """Kept back, for whatever reason (封锁)."""

    FAULTY = "faulty"
    """Broken; numbers never are."""


MOVES: Mapping[Why, Move] = MappingProxyType({Why.BLOCKED: Move.BLOCK, Why.FAULTY: Move.FAIL})
IN_POOL: frozenset[State] = frozenset({NumberState.IDLE, ItemState.FREE})
OUT: frozenset[State] = frozenset({NumberState.BLOCKED, ItemState.BLOCKED, ItemState.FAULTY})


class NotFreeError(ConflictError):
    """Somebody has the thing, or it is not in service yet."""

    code = "not-free"

    def __init__(self, value: str, state: State) -> None:
        super().__init__(
            f"{value} is {state}; nothing was changed",
            remedy="leave it out, or wait until it is given back; a segment opens planned numbers",
        )


def withdraw(found: Mapping[str, State], kind: Kind, why: Why) -> dict[str, State]:
    """Return the states of things that are taken out, of those that change.

    Raises:
        InvalidError: if numbers are to be faulty.
        NotFreeError: if one of them is not in its pool.
    """
    if kind is Kind.NUMBER and why is Why.FAULTY:
        fault = Fault("/state", "never-faulty", "numbers do not break", "send blocked")
        raise InvalidError([fault])
    return {
        value: moved(value, state, MOVES[why])
        for value, state in found.items()
        if state.value != why.value
    }


def restore(found: Mapping[str, State]) -> dict[str, State]:
    """Return the states of things that are put back, of those that change.

    Raises:
        NotFreeError: if one of them is neither taken out nor in its pool.
    """
    return {
        value: moved(value, state, Move.OPEN)
        for value, state in found.items()
        if state not in IN_POOL
    }


def moved(value: str, state: State, move: Move) -> State:
    """Return what a move makes of something that is in its pool or taken out of it.

    Raises:
        NotFreeError: if it is neither.
    """
    became = after(state, move) if state in IN_POOL | OUT else None
    if became is None:
        raise NotFreeError(value, state)
    return became
