"""The state of an order is derived from the known facts, whichever arrived first."""

import pytest

from services.customer.domain.unified_view.order import (
    Assignment,
    HoldEvent,
    OrderEndedMessage,
    OrderResult,
    OrderState,
    assignment_from_message,
    current_hold,
    hold_event_from_message,
    order_state,
    result_from_message,
)
from shared.contracts import OrderRejected, RefusalCode
from tests.customer.builders import (
    TENANT,
    assigned,
    at,
    completed,
    order_failed,
    order_id,
    service_held,
    service_resumed,
)

ASSIGNED = assignment_from_message(assigned(1), TENANT)
COMPLETED = result_from_message(completed(1), TENANT, at(9))
REJECTED = OrderRejected(
    order_id=order_id(1), customer_id="c", code=RefusalCode.UNSERVED, reason="no plant"
)


def hold(minute: int, step: str = "jumper") -> HoldEvent:
    return hold_event_from_message(service_held(1, step), order_id(minute), TENANT, at(minute))


def resume(minute: int) -> HoldEvent:
    return hold_event_from_message(service_resumed(1), order_id(minute), TENANT, at(minute))


@pytest.mark.parametrize(
    ("ending", "assignment", "stops", "state"),
    [
        (None, None, [], OrderState.ACKNOWLEDGED),
        (None, ASSIGNED, [], OrderState.IN_PROGRESS),
        (None, ASSIGNED, [hold(1)], OrderState.HELD),
        (None, None, [hold(1)], OrderState.HELD),
        (None, None, [hold(1), resume(2)], OrderState.IN_PROGRESS),
        (COMPLETED, ASSIGNED, [hold(1)], OrderState.COMPLETED),
        (COMPLETED, None, [], OrderState.COMPLETED),
    ],
)
def test_the_latest_fact_in_an_orders_life_gives_its_state(
    ending: OrderResult | None,
    assignment: Assignment | None,
    stops: list[HoldEvent],
    state: OrderState,
) -> None:
    assert order_state(ending, assignment, stops) is state


@pytest.mark.parametrize(
    ("message", "state", "code"),
    [
        (completed(1), OrderState.COMPLETED, ""),
        (order_failed(1), OrderState.FAILED, "none-free"),
        (REJECTED, OrderState.REJECTED, "unserved"),
    ],
)
def test_an_order_ends_as_its_owner_says(
    message: OrderEndedMessage, state: OrderState, code: str
) -> None:
    ending = result_from_message(message, TENANT, at(9))

    assert (ending.state, ending.code, ending.ended_at) == (state, code, at(9))


def test_a_hold_stands_until_it_is_lifted_and_may_stand_again() -> None:
    assert current_hold([hold(1)]) == hold(1)
    assert current_hold([hold(1), resume(2)]) is None
    assert current_hold([hold(1), resume(2), hold(3, "test")]) == hold(3, "test")


def test_a_resumption_that_overtakes_its_hold_still_lifts_it() -> None:
    assert current_hold([resume(2), hold(1)]) is None


def test_a_clock_that_went_back_between_hold_and_resumption_leaves_no_hold() -> None:
    assert current_hold([hold(2), resume(1)]) is None
