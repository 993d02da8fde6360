"""The tables of states: what befalls a thing leads somewhere, and back."""

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


def test_every_state_of_a_number_is_left_and_reached_by_some_move() -> None:
    moves = [move for table in NUMBER_TRANSITIONS.values() for move in table.items()]

    assert {was for was, _ in moves} == set(NumberState)
    assert {became for _, became in moves} == set(NumberState)


def test_what_is_reserved_for_an_order_is_undone_to_what_nobody_has() -> None:
    assert next_state(NumberState.RESERVED, Transition.UNDO) is NumberState.IDLE
    assert next_state(PoolItemState.RESERVED, Transition.UNDO) is PoolItemState.FREE


def test_what_an_order_would_give_back_is_undone_to_in_use() -> None:
    assert next_state(NumberState.PENDING_RELEASE, Transition.UNDO) is NumberState.IN_USE
    assert next_state(PoolItemState.PRE_RELEASED, Transition.UNDO) is PoolItemState.IN_USE


def test_a_released_number_rests_and_a_released_item_does_not() -> None:
    assert next_state(NumberState.PENDING_RELEASE, Transition.RELEASE) is NumberState.QUARANTINED
    assert next_state(PoolItemState.PRE_RELEASED, Transition.RELEASE) is PoolItemState.FREE


@pytest.mark.parametrize("move", [Transition.UNDO, Transition.OCCUPY, Transition.RELEASE])
def test_what_came_late_finds_nothing_to_do_to_a_thing_in_use(move: Transition) -> None:
    assert next_state(NumberState.IN_USE, move) is None
    assert next_state(PoolItemState.IN_USE, move) is None


@pytest.mark.parametrize("move", list(Transition))
def test_nobody_who_holds_a_number_loses_it_but_by_giving_it_back_or_undoing(
    move: Transition,
) -> None:
    for state in HELD_NUMBER_STATES:
        became = next_state(state, move)
        is_lost = became is not None and became not in HELD_NUMBER_STATES
        assert not is_lost or move in {Transition.UNDO, Transition.RELEASE}


@pytest.mark.parametrize("move", list(POOL_ITEM_TRANSITIONS))
def test_only_reserving_makes_a_free_item_somebodys(move: Transition) -> None:
    for state in set(PoolItemState) - HELD_ITEM_STATES:
        became = next_state(state, move)
        assert became not in HELD_ITEM_STATES or move is Transition.RESERVE


def test_nothing_that_orders_do_befalls_a_leg_that_is_faulty_or_blocked() -> None:
    people = {Transition.BLOCK, Transition.FAIL, Transition.OPEN}

    for state in (PoolItemState.FAULTY, PoolItemState.BLOCKED):
        assert all(next_state(state, move) is None for move in set(Transition) - people)
