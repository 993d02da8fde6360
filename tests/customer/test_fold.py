"""The view is the same for every order in which the messages arrive."""

from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import structs

from services.customer import store
from services.customer.commands.customers import require_customer
from services.customer.domain.unified_view.view import (
    Holding,
    HoldingState,
    UnifiedView,
)
from services.customer.handlers import SUBSCRIPTIONS
from shared.access.access_rule import tenant_wide_scope
from shared.contracts import (
    Action,
    Causation,
    Message,
    OrderRejected,
    OrderState,
    RefusalCode,
)
from shared.kafka.record_types import ConsumedRecord
from shared.messaging.dead_letters import DeadLetterReason
from shared.persistence.database import Sessions
from tests.conftest import delete_all_rows
from tests.customer.builders import (
    TENANT,
    ZHANG,
    a_customer,
    accepted,
    an_item,
    assigned,
    at,
    completed,
    order_failed,
    order_held,
    order_id,
    product_id,
    service_completed,
    state_changed,
    the_view,
)
from tests.kernel import consume, consume_records, dead_letter_rows, record_of

MOBILE = "13900000001"

LATER_REQUEST = structs.replace(assigned(7, "+862583100009"), request_id="1/more")
"""What a later step gets is not shown before the order completes: it may be released again."""

MESSAGES: tuple[Message, ...] = (
    # The first order delivers a line and a number,
    accepted(1),
    assigned(1, "+862583100001"),
    state_changed(1),
    service_completed(1, "+862583100001"),
    completed(1, "+862583100001"),
    # the second another, after it was in fallout twice,
    accepted(2, a_customer(account_id="acc-2")),
    assigned(2, "+862583100002"),
    state_changed(2),
    order_held(2, "jumper"),
    state_changed(2),
    order_held(2, "test"),
    state_changed(2),
    service_completed(2, "+862583100002"),
    completed(2, "+862583100002"),
    # the third changes it,
    accepted(3, a_customer(account_id="acc-2"), items=(an_item(3, Action.MODIFY, of=2),)),
    service_completed(3, "+862583100003", Action.MODIFY, of=2),
    completed(3, "+862583100003", Action.MODIFY, of=2, monthly_cents=3000),
    # the fourth disconnects the first one,
    accepted(4, items=(an_item(4, Action.DELETE, of=1),)),
    assigned(4, "+862583100001", of=1),
    service_completed(4, "+862583100001", Action.DELETE, of=1),
    completed(4, "+862583100001", Action.DELETE, of=1),
    # two fail or are rejected,
    accepted(5),
    assigned(5, "+862583100005"),
    order_held(5),
    order_failed(5),
    accepted(6),
    OrderRejected(
        order_id=order_id(6), customer_id=ZHANG, code=RefusalCode.UNSERVED, reason="no plant"
    ),
    # and two are not done yet; the customer has moved to another mobile meanwhile.
    accepted(7),
    assigned(7, "+862583100007"),
    LATER_REQUEST,
    order_held(7),
    state_changed(7),
    accepted(8, a_customer(phone=MOBILE)),
    assigned(8, "+862583100008"),
    state_changed(8),
    order_held(8),
)
"""All messages about one customer's orders, in the order of publication."""


def message_record(minute: int, message: Message) -> ConsumedRecord:
    """Return the Kafka record of a message that was published in that minute."""
    cause = Causation(order_id(100 + minute), message.key, TENANT)
    return record_of(message, cause, published_at=at(minute), sequence=minute + 1)


RECORDS = [message_record(minute, message) for minute, message in enumerate(MESSAGES)]


@pytest.fixture(scope="module")
def expected(databases: dict[str, Sessions]) -> UnifiedView:
    """The view when the messages arrive in the order of publication."""
    sessions = databases["customer"]
    delete_all_rows(sessions)
    consume_records(sessions, SUBSCRIPTIONS, RECORDS)
    return the_view(sessions)


def test_the_view_shows_the_state_of_every_order(expected: UnifiedView) -> None:
    assert [placed.state for placed in expected.facts.orders] == [
        OrderState.HELD,
        OrderState.IN_PROGRESS,
        OrderState.REJECTED,
        OrderState.FAILED,
        OrderState.COMPLETED,
        OrderState.COMPLETED,
        OrderState.COMPLETED,
        OrderState.COMPLETED,
    ]
    assert expected.facts.orders[0].hold is not None
    assert [placed.hold for placed in expected.facts.orders[1:]] == [None] * 7


def test_the_view_has_what_the_customer_holds_and_no_more(expected: UnifiedView) -> None:
    (product,) = expected.facts.products

    assert (product.product_id, product.number, product.monthly_cents) == (
        product_id(2),
        "+862583100003",
        3000,
    )
    assert [(each.value, each.state) for each in expected.numbers] == [
        ("+862583100003", HoldingState.IN_USE),
        ("+862583100007", HoldingState.RESERVED),
        ("+862583100008", HoldingState.RESERVED),
    ]
    assert {each.kind for each in expected.lines} == {"pair"}


def test_the_order_accepted_last_speaks_for_party_and_account(expected: UnifiedView) -> None:
    assert expected.facts.party.phone == MOBILE
    assert expected.facts.accounts == ["acc-1", "acc-2"]


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.permutations(RECORDS), st.lists(st.integers(0, len(RECORDS)), max_size=4))
def test_shuffled_and_cut_into_any_batches_the_messages_make_the_same_view(
    databases: dict[str, Sessions],
    expected: UnifiedView,
    shuffled: list[ConsumedRecord],
    cuts: list[int],
) -> None:
    sessions = databases["customer"]
    delete_all_rows(sessions)

    for start, end in pairwise([0, *sorted(cuts), len(RECORDS)]):
        consume_records(sessions, SUBSCRIPTIONS, shuffled[start:end])

    assert the_view(sessions) == expected
    assert dead_letter_rows(sessions) == []


def test_consuming_everything_twice_changes_nothing(
    sessions: Sessions, expected: UnifiedView
) -> None:
    for _ in range(2):
        consume_records(sessions, SUBSCRIPTIONS, RECORDS)

    assert the_view(sessions) == expected


def test_a_disconnect_that_overtakes_the_completion_still_ends_the_product(
    sessions: Sessions,
) -> None:
    consume(sessions, SUBSCRIPTIONS, accepted(1), completed(4, action=Action.DELETE, of=1))
    consume(sessions, SUBSCRIPTIONS, service_completed(4, action=Action.DELETE, of=1))
    consume(sessions, SUBSCRIPTIONS, completed(1), service_completed(1))

    view = the_view(sessions)
    assert view.facts.products == []
    assert view.numbers == ()


def test_an_order_that_ends_a_second_time_differently_is_parked(sessions: Sessions) -> None:
    consume(sessions, SUBSCRIPTIONS, accepted(1), completed(1))
    consume(sessions, SUBSCRIPTIONS, order_failed(1), accepted(2))

    (row,) = dead_letter_rows(sessions)
    assert row.type == "order.failed.v1"
    assert "completed; it cannot be failed" in row.error
    states = [placed.state for placed in the_view(sessions).facts.orders]
    assert states == [OrderState.ACKNOWLEDGED, OrderState.COMPLETED]


@pytest.mark.parametrize("together", [True, False])
def test_a_known_order_is_not_accepted_for_another_customer(
    sessions: Sessions, *, together: bool
) -> None:
    first = record_of(accepted(1))
    other = Causation(order_id(9), order_id(1), TENANT)
    second = record_of(accepted(1, a_customer(id="another")), other)

    for batch in [[first, second]] if together else [[first], [second]]:
        consume_records(sessions, SUBSCRIPTIONS, batch)

    (row,) = dead_letter_rows(sessions)
    assert row.why is DeadLetterReason.RULE_BROKEN
    assert f"order {order_id(1)} was accepted already" in row.error


def test_a_client_sees_its_own_orders_of_the_customer(sessions: Sessions) -> None:
    consume(sessions, SUBSCRIPTIONS, accepted(1), accepted(2, client="another"))

    mine = the_view(sessions, client="another")
    assert [placed.order.order_id for placed in mine.facts.orders] == [order_id(2)]


def test_a_tenant_knows_nothing_of_another_ones_customers(sessions: Sessions) -> None:
    consume(sessions, SUBSCRIPTIONS, accepted(1, a_customer(phone="1")), completed(1))
    consume(sessions, SUBSCRIPTIONS, accepted(2, a_customer(phone="2")), tenant="zhejiang")

    with sessions() as session:
        data_scope = tenant_wide_scope("zhejiang")
        party = require_customer(store.find_party(session, data_scope, ZHANG), ZHANG)
        theirs = store.get_customer_facts(session, data_scope, party, 100)
    assert theirs.party.phone == "2"
    assert [placed.order.order_id for placed in theirs.orders] == [order_id(2)]
    assert theirs.products == []
    assert the_view(sessions).facts.party.phone == "1"


def test_lists_are_cut_and_say_so(sessions: Sessions) -> None:
    for n in range(1, 4):
        customer = a_customer(account_id=f"acc-{n}")
        consume(sessions, SUBSCRIPTIONS, accepted(n, customer), completed(n))

    with sessions() as session:
        data_scope = tenant_wide_scope(TENANT)
        party = require_customer(store.find_party(session, data_scope, ZHANG), ZHANG)
        two = store.get_customer_facts(session, data_scope, party, 2)
        three = store.get_customer_facts(session, data_scope, party, 3)

    assert [placed.order.order_id for placed in two.orders] == [order_id(3), order_id(2)]
    assert two.truncated_lists == {"accounts", "orders", "products"}
    assert three.truncated_lists == frozenset()


def test_what_a_running_service_holds_is_in_use_though_its_disconnect_is_on_the_way(
    sessions: Sessions,
) -> None:
    consume(sessions, SUBSCRIPTIONS, accepted(1), service_completed(1), completed(1))
    consume(sessions, SUBSCRIPTIONS, accepted(4, items=(an_item(4, Action.DELETE, of=1),)))
    consume(sessions, SUBSCRIPTIONS, assigned(4, of=1))

    number: Holding = the_view(sessions).numbers[0]
    assert number.state is HoldingState.IN_USE
    assert len(the_view(sessions).numbers) == 1


def test_what_runs_no_more_is_held_no_more_though_its_order_is_not_done(
    sessions: Sessions,
) -> None:
    consume(sessions, SUBSCRIPTIONS, accepted(1), service_completed(1), completed(1))
    consume(sessions, SUBSCRIPTIONS, accepted(4, items=(an_item(4, Action.DELETE, of=1),)))
    consume(
        sessions, SUBSCRIPTIONS, assigned(4, of=1), service_completed(4, action=Action.DELETE, of=1)
    )

    view = the_view(sessions)
    assert not view.facts.orders[0].outcome
    assert view.numbers == view.lines == ()
