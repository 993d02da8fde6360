"""Taking single things out of their pools, and putting them back.

Only what nobody has: what an order or a service holds is taken out when it is given back.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from services.resources.domain.pool.resource import ResourceKind
from services.resources.domain.pool.states import (
    NumberState,
    PoolItemState,
    ResourceState,
    Transition,
    next_state,
)
from shared.errors import ConflictError, Fault, InvalidError


class WithdrawnState(StrEnum):
    """What a thing that is taken out is from then on."""

    BLOCKED = "blocked"
    """Kept back, for whatever reason (封锁)."""

    FAULTY = "faulty"
    """Broken; numbers never are."""


WITHDRAWAL_TRANSITIONS: Mapping[WithdrawnState, Transition] = MappingProxyType(
    {WithdrawnState.BLOCKED: Transition.BLOCK, WithdrawnState.FAULTY: Transition.FAIL}
)
IN_POOL_STATES: frozenset[ResourceState] = frozenset({NumberState.IDLE, PoolItemState.FREE})
WITHDRAWN_STATES: frozenset[ResourceState] = frozenset(
    {NumberState.BLOCKED, PoolItemState.BLOCKED, PoolItemState.FAULTY}
)


class NotFreeError(ConflictError):
    """Somebody has the thing, or it is not in service yet."""

    code = "not-free"

    def __init__(self, value: str, state: ResourceState) -> None:
        super().__init__(
            f"{value} is {state}; nothing was changed",
            remedy="leave it out, or wait until it is given back; a segment opens planned numbers",
        )


def withdraw(
    found: Mapping[str, ResourceState], kind: ResourceKind, target: WithdrawnState
) -> dict[str, ResourceState]:
    """Return the states of things that are taken out, of those that change.

    Raises:
        InvalidError: if numbers are to be faulty.
        NotFreeError: if one of them is not in its pool.
    """
    if kind is ResourceKind.NUMBER and target is WithdrawnState.FAULTY:
        fault = Fault("/state", "never-faulty", "numbers do not break", "send blocked")
        raise InvalidError([fault])
    return {
        value: checked_next_state(value, state, WITHDRAWAL_TRANSITIONS[target])
        for value, state in found.items()
        if state.value != target.value
    }


def restore(found: Mapping[str, ResourceState]) -> dict[str, ResourceState]:
    """Return the states of things that are put back, of those that change.

    Raises:
        NotFreeError: if one of them is neither taken out nor in its pool.
    """
    return {
        value: checked_next_state(value, state, Transition.OPEN)
        for value, state in found.items()
        if state not in IN_POOL_STATES
    }


def checked_next_state(value: str, state: ResourceState, transition: Transition) -> ResourceState:
    """Return what a transition makes of something that is in its pool or taken out of it.

    Raises:
        NotFreeError: if it is neither.
    """
    became = next_state(state, transition) if state in IN_POOL_STATES | WITHDRAWN_STATES else None
    if became is None:
        raise NotFreeError(value, state)
    return became
