"""The tables of states: what befalls a thing leads somewhere, and back."""

import pytest

from services.resources.domain.states import (
    HELD_ITEM,
    HELD_NUMBER,
    ITEM_MOVES,
    NUMBER_MOVES,
    ItemState,
    Move,
    NumberState,
    after,
)


def test_every_state_of_a_number_is_left_and_reached_by_some_move() -> None:
    moves = [move for table in NUMBER_MOVES.values() for move in table.items()]

    assert {was for was, _ in moves} == set(NumberState)
    assert {became for _, became in moves} == set(NumberState)


def test_what_is_reserved_for_an_order_is_undone_to_what_nobody_has() -> None:
    assert after(NumberState.RESERVED, Move.UNDO) is NumberState.IDLE
    assert after(ItemState.RESERVED, Move.UNDO) is ItemState.FREE


def test_what_an_order_would_give_back_is_undone_to_in_use() -> None:
    assert after(NumberState.PENDING_RELEASE, Move.UNDO) is NumberState.IN_USE
    assert after(ItemState.PRE_RELEASED, Move.UNDO) is ItemState.IN_USE


def test_a_released_number_rests_and_a_released_item_does_not() -> None:
    assert after(NumberState.PENDING_RELEASE, Move.RELEASE) is NumberState.QUARANTINED
    assert after(ItemState.PRE_RELEASED, Move.RELEASE) is ItemState.FREE


@pytest.mark.parametrize("move", [Move.UNDO, Move.OCCUPY, Move.RELEASE])
def test_what_came_late_finds_nothing_to_do_to_a_thing_in_use(move: Move) -> None:
    assert after(NumberState.IN_USE, move) is None
    assert after(ItemState.IN_USE, move) is None


@pytest.mark.parametrize("move", list(Move))
def test_nobody_who_holds_a_number_loses_it_but_by_giving_it_back_or_undoing(move: Move) -> None:
    for state in HELD_NUMBER:
        became = after(state, move)
        is_lost = became is not None and became not in HELD_NUMBER
        assert not is_lost or move in {Move.UNDO, Move.RELEASE}


@pytest.mark.parametrize("move", list(ITEM_MOVES))
def test_only_reserving_makes_a_free_item_somebodys(move: Move) -> None:
    for state in set(ItemState) - HELD_ITEM:
        became = after(state, move)
        assert became not in HELD_ITEM or move is Move.RESERVE


def test_nothing_that_orders_do_befalls_a_leg_that_is_faulty_or_blocked() -> None:
    people = {Move.BLOCK, Move.FAIL, Move.OPEN}

    for state in (ItemState.FAULTY, ItemState.BLOCKED):
        assert all(after(state, move) is None for move in set(Move) - people)
