"""The verification notices a view whose order has another state than the order service's."""

import pytest

from shared.contracts import Causation, Envelope, Message, OrderState
from tests.customer.builders import (
    TENANT,
    ZHANG,
    accepted,
    at,
    completed,
    order_held,
    order_id,
    state_changed,
)
from tools.verify.customers import differences, expected_views
from tools.verify.expected_state import ExpectedState


def fold_of(*messages: Message) -> ExpectedState:
    """Return the fold of the messages of one order, of which the last ones come first."""
    cause = Causation(order_id(9), order_id(9), TENANT)
    envelopes = [
        Envelope.wrap(each, cause, n, n, at(n)) for n, each in enumerate(messages, start=1)
    ]
    return ExpectedState.of(reversed(envelopes))


def test_the_last_published_state_counts_in_any_order_of_the_messages() -> None:
    held = fold_of(accepted(1), state_changed(1), order_held(1))
    resumed = fold_of(accepted(1), state_changed(1), order_held(1), state_changed(1))
    ended = fold_of(accepted(1), state_changed(1), order_held(1), completed(1))

    states = [each.state_of(order_id(1)) for each in (fold_of(accepted(1)), held, resumed, ended)]
    assert states == ["acknowledged", "held", "inProgress", "completed"]


@pytest.mark.parametrize(("shown", "faults"), [("held", 0), ("inProgress", 1), ("completed", 1)])
def test_a_view_that_shows_another_state_than_the_order_service_has_is_a_fault(
    shown: str, faults: int
) -> None:
    states = {order_id(1): OrderState.HELD}
    expected = expected_views(fold_of(accepted(1), order_held(1)), states, TENANT)[ZHANG]
    view = {
        "orders": [{"id": str(order_id(1)), "state": shown}],
        **{name: [] for name in ("products", "numbers", "lines", "cutShort")},
    }

    assert len(list(differences(expected, view))) == faults
