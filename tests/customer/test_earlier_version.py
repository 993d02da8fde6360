"""Orders of a version that published no states: the view derives them from holds and resources."""

from services.customer.handlers import SUBSCRIPTIONS
from shared.contracts import OrderState, ServiceHeld, ServiceResumed
from shared.persistence.database import Sessions
from tests.customer.builders import accepted, assigned, completed, order_id, the_view
from tests.kernel import consume


def test_an_order_of_a_version_without_published_states_is_in_progress_and_ends(
    sessions: Sessions,
) -> None:
    earlier = accepted(1, publishes_states=False)
    consume(sessions, SUBSCRIPTIONS, assigned(1), earlier)
    assert the_view(sessions).facts.orders[0].state is OrderState.IN_PROGRESS

    consume(sessions, SUBSCRIPTIONS, completed(1))

    assert the_view(sessions).facts.orders[0].state is OrderState.COMPLETED


def test_holds_of_plans_count_for_orders_of_a_version_without_published_states_alone(
    sessions: Sessions,
) -> None:
    held = [ServiceHeld(order_id=order_id(n), step="1/test", code="c", reason="r") for n in (1, 2)]
    consume(sessions, SUBSCRIPTIONS, accepted(1, publishes_states=False), accepted(2), *held)
    states = {each.order.order_id: each.state for each in the_view(sessions).facts.orders}
    assert states == {order_id(1): OrderState.HELD, order_id(2): OrderState.ACKNOWLEDGED}

    consume(sessions, SUBSCRIPTIONS, ServiceResumed(order_id=order_id(1), step="1/test"))

    assert the_view(sessions).facts.orders[-1].state is OrderState.IN_PROGRESS
