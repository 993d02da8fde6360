"""Orders that wait for others: the view shows them, and the terms with which they start."""

from typing import Any
from uuid import uuid4

import msgspec

from services.customer.domain.unified_view.view import OrderFacts
from services.customer.handlers import SUBSCRIPTIONS
from shared.contracts import (
    Causation,
    OrderAccepted,
    OrderMessage,
    OrderQueued,
    OrderState,
    OrderTerms,
)
from shared.persistence.database import Sessions
from tests.customer.builders import accepted, order_id, state_changed, the_view
from tests.kernel import TENANT, consume_records, dead_letter_rows, record_of

QUEUED, STARTED, LATER = 1, 2, 3
"""The sequences of the messages."""


def queued() -> OrderQueued:
    """Return an order that waits for another one."""
    order = accepted(1)
    terms = {name: getattr(order, name) for name in OrderTerms.__struct_fields__}
    return OrderQueued(**terms, waits_for=(order_id(9),))


def started(**differences: Any) -> OrderAccepted:
    """Return the order as it starts."""
    return msgspec.structs.replace(accepted(1), has_waited=True, **differences)


def shown_after(sessions: Sessions, *messages: tuple[int, OrderMessage]) -> OrderFacts:
    """Consume messages with their sequences, each alone; return the order that is shown."""
    for sequence, message in messages:
        cause = Causation(uuid4(), message.key, TENANT)
        consume_records(sessions, SUBSCRIPTIONS, [record_of(message, cause, sequence=sequence)])
    assert dead_letter_rows(sessions) == []
    (shown,) = the_view(sessions).facts.orders
    return shown


def test_an_order_that_waits_is_shown_as_pending_with_the_reason(sessions: Sessions) -> None:
    shown = shown_after(sessions, (QUEUED, queued()))

    assert (shown.state, shown.order.monthly_cents) == (OrderState.PENDING, 2000)
    assert shown.published
    assert str(order_id(9)) in shown.published.reason


def test_an_order_that_has_waited_is_shown_with_the_terms_with_which_it_starts(
    sessions: Sessions,
) -> None:
    shown = shown_after(sessions, (QUEUED, queued()), (STARTED, started(monthly_cents=2500)))

    assert (shown.state, shown.order.monthly_cents) == (OrderState.ACKNOWLEDGED, 2500)


def test_messages_that_come_again_change_nothing(sessions: Sessions) -> None:
    shown = shown_after(
        sessions,
        (QUEUED, queued()),
        (STARTED, started(monthly_cents=2500)),
        (LATER, state_changed(1)),
        (QUEUED, queued()),
        (STARTED, started(monthly_cents=2500)),
    )

    assert (shown.state, shown.order.monthly_cents) == (OrderState.IN_PROGRESS, 2500)


def test_an_order_that_has_become_impossible_is_shown_as_rejected(sessions: Sessions) -> None:
    rejected = state_changed(1, OrderState.REJECTED, code="no-longer-possible")

    shown = shown_after(sessions, (QUEUED, queued()), (STARTED, rejected))

    assert shown.state is OrderState.REJECTED
