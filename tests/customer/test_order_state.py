"""The state of an order is read off the facts there are, whichever came first."""

import pytest

from services.customer.domain.order import (
    Assignment,
    Ending,
    OrderEnded,
    OrderState,
    Stop,
    assignment_of,
    ending_of,
    standing,
    state_of,
    stop_of,
)
from shared.contracts import OrderRejected, RefusalCode
from tests.customer.build import (
    TENANT,
    assigned,
    at,
    completed,
    failed,
    order_id,
    resumed,
    stopped,
)

ASSIGNED = assignment_of(assigned(1), TENANT)
COMPLETED = ending_of(completed(1), TENANT, at(9))
REJECTED = OrderRejected(
    order_id=order_id(1), customer_id="c", code=RefusalCode.UNSERVED, reason="no plant"
)


def hold(minute: int, step: str = "jumper") -> Stop:
    return stop_of(stopped(1, step), order_id(minute), TENANT, at(minute))


def go_on(minute: int) -> Stop:
    return stop_of(resumed(1), order_id(minute), TENANT, at(minute))


@pytest.mark.parametrize(
    ("ending", "assignment", "stops", "state"),
    [
        (None, None, [], OrderState.ACKNOWLEDGED),
        (None, ASSIGNED, [], OrderState.IN_PROGRESS),
        (None, ASSIGNED, [hold(1)], OrderState.HELD),
        (None, None, [hold(1)], OrderState.HELD),
        (None, None, [hold(1), go_on(2)], OrderState.IN_PROGRESS),
        (COMPLETED, ASSIGNED, [hold(1)], OrderState.COMPLETED),
        (COMPLETED, None, [], OrderState.COMPLETED),
    ],
)
def test_the_latest_fact_in_an_orders_life_gives_its_state(
    ending: Ending | None, assignment: Assignment | None, stops: list[Stop], state: OrderState
) -> None:
    assert state_of(ending, assignment, stops) is state


@pytest.mark.parametrize(
    ("message", "state", "code"),
    [
        (completed(1), OrderState.COMPLETED, ""),
        (failed(1), OrderState.FAILED, "none-free"),
        (REJECTED, OrderState.REJECTED, "unserved"),
    ],
)
def test_an_order_ends_as_its_owner_says(message: OrderEnded, state: OrderState, code: str) -> None:
    ending = ending_of(message, TENANT, at(9))

    assert (ending.state, ending.code, ending.ended_at) == (state, code, at(9))


def test_a_hold_stands_until_it_is_lifted_and_may_stand_again() -> None:
    assert standing([hold(1)]) == hold(1)
    assert standing([hold(1), go_on(2)]) is None
    assert standing([hold(1), go_on(2), hold(3, "test")]) == hold(3, "test")


def test_a_resumption_that_overtakes_its_hold_still_lifts_it() -> None:
    assert standing([go_on(2), hold(1)]) is None


def test_a_clock_that_went_back_between_hold_and_resumption_holds_nobody() -> None:
    assert standing([hold(2), go_on(1)]) is None
