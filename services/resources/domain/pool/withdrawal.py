"""Withdrawing single resources from their pools, and restoring them.

Only resources without a holder: what an order or a service holds is withdrawn after its
release.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from types import MappingProxyType

from services.resources.domain.pool.resource import Pool
from services.resources.domain.pool.states import ResourceState, Transition
from shared.errors import ConflictError, Fault, InvalidError


class WithdrawnState(StrEnum):
    """The state of a withdrawn resource."""

    BLOCKED = "blocked"
    """Kept out of use, for any reason (封锁)."""

    FAULTY = "faulty"
    """Broken; numbers, for one, never are."""


WITHDRAWAL_TRANSITIONS: Mapping[WithdrawnState, Transition] = MappingProxyType(
    {WithdrawnState.BLOCKED: Transition.BLOCK, WithdrawnState.FAULTY: Transition.FAIL}
)


class NotFreeError(ConflictError):
    """The resource has a holder, or is not in service yet."""

    code = "not-free"

    def __init__(self, value: str, state: ResourceState) -> None:
        super().__init__(
            f"{value} is {state}; nothing was changed",
            remedy="leave it out, or wait for its release; a segment import opens planned numbers",
        )


def check_known_values(values: Sequence[str], found: Mapping[str, ResourceState]) -> None:
    """Check that the pool has all these values.

    Raises:
        InvalidError: with all that it does not have.
    """
    remedy = "list the pool's resources, or name the pool that has it"
    faults = [
        Fault(f"/values/{place}", "unknown-thing", "the pool has no such resource", remedy)
        for place, value in enumerate(values)
        if value not in found
    ]
    if faults:
        raise InvalidError(faults)


def withdraw(
    states: Mapping[str, ResourceState], pool: Pool, target: WithdrawnState
) -> dict[str, ResourceState]:
    """Return the new states of withdrawn resources, for those that change.

    Raises:
        InvalidError: if resources of the kind never have that state.
        NotFreeError: if one of them is neither free nor withdrawn.
    """
    transition = WITHDRAWAL_TRANSITIONS[target]
    if transition not in pool.life_cycle.transitions:
        fault = Fault("/state", "never-faulty", f"{pool.kind}s do not break", "send blocked")
        raise InvalidError([fault])
    return {
        value: checked_next_state(value, state, pool, transition)
        for value, state in states.items()
        if state.value != target.value
    }


def restore(states: Mapping[str, ResourceState], pool: Pool) -> dict[str, ResourceState]:
    """Return the new states of restored resources, for those that change.

    Raises:
        NotFreeError: if one of them is neither withdrawn nor free.
    """
    return {
        value: checked_next_state(value, state, pool, Transition.OPEN)
        for value, state in states.items()
        if state is not pool.life_cycle.free
    }


def checked_next_state(
    value: str, state: ResourceState, pool: Pool, transition: Transition
) -> ResourceState:
    """Return the state after a transition of a resource that is free or withdrawn.

    Raises:
        NotFreeError: if it is neither.
    """
    life_cycle = pool.life_cycle
    is_without_holder = state is life_cycle.free or state in life_cycle.withdrawn
    became = life_cycle.next_state(state, transition) if is_without_holder else None
    if became is None:
        raise NotFreeError(value, state)
    return became
