"""The state of an order is the one that was published last, whichever message came first."""

import pytest

from services.customer.domain.unified_view.order import (
    Assignment,
    LatestPublishedState,
    Order,
    OrderEndedMessage,
    OrderOutcome,
    assignment_from_message,
    order_from_message,
    order_state,
    outcome_from_message,
    published_state_from_message,
)
from shared.contracts import OrderRejected, OrderState, RefusalCode
from tests.customer.builders import (
    TENANT,
    accepted,
    assigned,
    at,
    completed,
    order_failed,
    order_held,
    order_id,
)

ORDER = order_from_message(accepted(1), TENANT, at(0))
EARLIER = order_from_message(accepted(1, publishes_states=False), TENANT, at(0))
"""An order of a version that did not publish its states."""

ASSIGNED = assignment_from_message(assigned(1), TENANT)
HELD = published_state_from_message(order_held(1), TENANT, at(1), 2)
COMPLETED = outcome_from_message(completed(1), TENANT, at(9))
REJECTED = OrderRejected(
    order_id=order_id(1), customer_id="c", code=RefusalCode.UNSERVED, reason="no plant"
)


@pytest.mark.parametrize(
    ("order", "result", "published", "assignment", "state"),
    [
        (ORDER, None, None, None, OrderState.ACKNOWLEDGED),
        (ORDER, None, None, ASSIGNED, OrderState.ACKNOWLEDGED),
        (ORDER, None, HELD, None, OrderState.HELD),
        (ORDER, COMPLETED, HELD, ASSIGNED, OrderState.COMPLETED),
        (EARLIER, None, None, None, OrderState.ACKNOWLEDGED),
        (EARLIER, None, None, ASSIGNED, OrderState.IN_PROGRESS),
        (EARLIER, None, HELD, ASSIGNED, OrderState.HELD),
        (EARLIER, COMPLETED, None, ASSIGNED, OrderState.COMPLETED),
    ],
)
def test_the_state_published_last_counts_and_an_end_is_final(
    order: Order,
    result: OrderOutcome | None,
    published: LatestPublishedState | None,
    assignment: Assignment | None,
    state: OrderState,
) -> None:
    assert order_state(order, result, published, assignment) is state


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
    ending = outcome_from_message(message, TENANT, at(9))

    assert (ending.state, ending.code, ending.ended_at) == (state, code, at(9))
