"""The life cycles of the kinds of resources."""

import pytest

from services.resources.domain.pool.states import (
    NUMBER_LIFE_CYCLE,
    POOL_ITEM_LIFE_CYCLE,
    NumberState,
    PoolItemState,
    ResourceLifeCycle,
    ResourceState,
    Transition,
)

ENDS = {Transition.UNDO, Transition.RELEASE, Transition.QUARANTINE}
LIFE_CYCLES = (NUMBER_LIFE_CYCLE, POOL_ITEM_LIFE_CYCLE)
of_every_life_cycle = pytest.mark.parametrize("life_cycle", LIFE_CYCLES, ids=("number", "item"))


def states_of(life_cycle: ResourceLifeCycle) -> set[ResourceState]:
    """Return the states that a transition leads to or from."""
    steps = [step for table in life_cycle.transitions.values() for step in table.items()]
    return {state for step in steps for state in step}


def after(life_cycle: ResourceLifeCycle, *transitions: Transition) -> list[ResourceState | None]:
    """Return the states that a free resource goes through."""
    states: list[ResourceState | None] = [life_cycle.free]
    for transition in transitions:
        state = states[-1]
        states.append(state and life_cycle.next_state(state, transition))
    return states[1:]


@of_every_life_cycle
def test_every_state_is_left_and_reached_by_some_transition(
    life_cycle: ResourceLifeCycle,
) -> None:
    steps = [step for table in life_cycle.transitions.values() for step in table.items()]

    assert {was for was, _ in steps} == states_of(life_cycle)
    assert {became for _, became in steps} == states_of(life_cycle)


def test_numbers_have_all_states_of_numbers_and_items_all_of_items() -> None:
    assert states_of(NUMBER_LIFE_CYCLE) == set(NumberState)
    assert states_of(POOL_ITEM_LIFE_CYCLE) == set(PoolItemState)


@of_every_life_cycle
def test_undoing_a_reservation_makes_the_resource_free(life_cycle: ResourceLifeCycle) -> None:
    assert after(life_cycle, Transition.RESERVE, Transition.UNDO) == [
        life_cycle.reserved,
        life_cycle.free,
    ]


@of_every_life_cycle
def test_undoing_a_release_puts_the_resource_back_into_use(life_cycle: ResourceLifeCycle) -> None:
    _, in_use, _, undone = after(
        life_cycle,
        *(Transition.RESERVE, Transition.OCCUPY, Transition.PRE_RELEASE, Transition.UNDO),
    )

    assert undone is in_use is not None


@of_every_life_cycle
def test_a_released_resource_that_rests_is_free_afterwards(life_cycle: ResourceLifeCycle) -> None:
    *_, released, rested = after(
        life_cycle,
        *(Transition.RESERVE, Transition.PRE_RELEASE, Transition.QUARANTINE),
        Transition.END_QUARANTINE,
    )

    assert (released, rested) == ("quarantined", life_cycle.free)


def test_items_are_free_at_once_if_they_do_not_rest_and_numbers_always_rest() -> None:
    steps = (Transition.RESERVE, Transition.PRE_RELEASE, Transition.RELEASE)

    assert after(POOL_ITEM_LIFE_CYCLE, *steps)[-1] is PoolItemState.FREE
    assert after(NUMBER_LIFE_CYCLE, *steps)[-1] is None


@pytest.mark.parametrize("transition", [*sorted(ENDS), Transition.OCCUPY])
@of_every_life_cycle
def test_a_late_transition_changes_nothing_of_a_resource_in_use(
    life_cycle: ResourceLifeCycle, transition: Transition
) -> None:
    *_, state = after(life_cycle, Transition.RESERVE, Transition.OCCUPY)

    assert state
    assert life_cycle.next_state(state, transition) is None


@pytest.mark.parametrize("transition", list(Transition))
@of_every_life_cycle
def test_a_held_resource_becomes_free_only_by_release_or_undo(
    life_cycle: ResourceLifeCycle, transition: Transition
) -> None:
    for state in life_cycle.held:
        became = life_cycle.next_state(state, transition)
        is_lost = became is not None and became not in life_cycle.held
        assert not is_lost or transition in ENDS


@pytest.mark.parametrize("transition", list(Transition))
@of_every_life_cycle
def test_only_a_reservation_gives_a_free_resource_a_holder(
    life_cycle: ResourceLifeCycle, transition: Transition
) -> None:
    for state in states_of(life_cycle) - life_cycle.held:
        became = life_cycle.next_state(state, transition)
        assert became not in life_cycle.held or transition is Transition.RESERVE


def test_orders_change_nothing_of_a_faulty_or_blocked_item() -> None:
    operators = {Transition.BLOCK, Transition.FAIL, Transition.OPEN}

    for state in (PoolItemState.FAULTY, PoolItemState.BLOCKED):
        assert all(
            POOL_ITEM_LIFE_CYCLE.next_state(state, transition) is None
            for transition in set(Transition) - operators
        )
