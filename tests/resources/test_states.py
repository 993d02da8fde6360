"""The state tables of numbers and pool items."""

import pytest

from services.resources.domain.pool.states import (
    HELD_ITEM_STATES,
    HELD_NUMBER_STATES,
    NUMBER_TRANSITIONS,
    POOL_ITEM_TRANSITIONS,
    NumberState,
    PoolItemState,
    Transition,
    next_state,
)


def test_every_state_of_a_number_is_left_and_reached_by_some_transition() -> None:
    transitions = [
        transition for table in NUMBER_TRANSITIONS.values() for transition in table.items()
    ]

    assert {was for was, _ in transitions} == set(NumberState)
    assert {became for _, became in transitions} == set(NumberState)


def test_undoing_a_reservation_makes_the_resource_free() -> None:
    assert next_state(NumberState.RESERVED, Transition.UNDO) is NumberState.IDLE
    assert next_state(PoolItemState.RESERVED, Transition.UNDO) is PoolItemState.FREE


def test_undoing_a_release_puts_the_resource_back_into_use() -> None:
    assert next_state(NumberState.PENDING_RELEASE, Transition.UNDO) is NumberState.IN_USE
    assert next_state(PoolItemState.PRE_RELEASED, Transition.UNDO) is PoolItemState.IN_USE


def test_a_released_number_is_quarantined_and_a_released_item_is_free() -> None:
    assert next_state(NumberState.PENDING_RELEASE, Transition.RELEASE) is NumberState.QUARANTINED
    assert next_state(PoolItemState.PRE_RELEASED, Transition.RELEASE) is PoolItemState.FREE


@pytest.mark.parametrize("transition", [Transition.UNDO, Transition.OCCUPY, Transition.RELEASE])
def test_a_late_transition_changes_nothing_of_a_resource_in_use(transition: Transition) -> None:
    assert next_state(NumberState.IN_USE, transition) is None
    assert next_state(PoolItemState.IN_USE, transition) is None


@pytest.mark.parametrize("transition", list(Transition))
def test_a_held_number_becomes_free_only_by_release_or_undo(
    transition: Transition,
) -> None:
    for state in HELD_NUMBER_STATES:
        became = next_state(state, transition)
        is_lost = became is not None and became not in HELD_NUMBER_STATES
        assert not is_lost or transition in {Transition.UNDO, Transition.RELEASE}


@pytest.mark.parametrize("transition", list(POOL_ITEM_TRANSITIONS))
def test_only_a_reservation_gives_a_free_item_a_holder(transition: Transition) -> None:
    for state in set(PoolItemState) - HELD_ITEM_STATES:
        became = next_state(state, transition)
        assert became not in HELD_ITEM_STATES or transition is Transition.RESERVE


def test_orders_change_nothing_of_a_faulty_or_blocked_leg() -> None:
    operators = {Transition.BLOCK, Transition.FAIL, Transition.OPEN}

    for state in (PoolItemState.FAULTY, PoolItemState.BLOCKED):
        assert all(
            next_state(state, transition) is None for transition in set(Transition) - operators
        )
