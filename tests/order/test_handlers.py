"""Handlers of the order service on a real database: messages in, messages out."""

from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.order.domain.acceptance.acceptance import AcceptedOrder
from services.order.domain.fulfilment.product import Product, ProductStatus
from services.order.handlers import SUBSCRIPTIONS
from services.order.store import orders, products
from shared.access.access_rule import tenant_wide_scope
from shared.contracts import (
    Message,
    OrderCompleted,
    OrderState,
    OrderStateChanged,
    PublishedItemState,
    RefusalCode,
)
from shared.messaging.commit_context import CommitContext
from shared.messaging.unit_of_work import begin_transaction
from shared.persistence.database import Sessions
from tests.conftest import NOON, delete_all_rows
from tests.kernel import TENANT, consume, dead_letter_rows, history, published, published_types
from tests.order.builders import (
    NUMBER,
    PARTY,
    a_body,
    a_bundle,
    a_disconnection,
    accepted,
    an_item,
    order_id,
    resources_assigned,
    resources_refused,
    service_completed,
    service_failed,
    service_held,
    service_resumed,
)

CHANGED = "order.state_changed.v1"
ITEM_COMPLETED = "order.item_completed.v1"


def add_orders(sessions: Sessions, *accepted_orders: AcceptedOrder) -> None:
    """Add orders as their acceptance does."""
    with begin_transaction(sessions, NOON, CommitContext(uuid4())) as transaction:
        for each in accepted_orders:
            orders.add(transaction.session, each.order, each.progress)
            products.put_all(transaction.session, changed=each.locked_products)


def state_of(sessions: Sessions, n: int = 1) -> OrderState:
    with sessions() as session:
        found = orders.find_accessible(session, tenant_wide_scope(TENANT), order_id(n))
    assert found
    return found[1].state


def product_of(sessions: Sessions, order: AcceptedOrder, item: int = 0) -> Product:
    with sessions() as session:
        found = products.find_accessible(
            session, tenant_wide_scope(TENANT), order.order.items[item].ordered.product_id
        )
    assert found
    return found


def test_a_batch_moves_each_order_its_own_way(sessions: Sessions) -> None:
    add_orders(sessions, *(accepted(n=n) for n in range(1, 5)))

    consume(
        sessions,
        SUBSCRIPTIONS,
        resources_assigned(1),
        resources_refused(2, RefusalCode.UNSERVED),
        resources_refused(3),
    )

    assert [state_of(sessions, n) for n in range(1, 5)] == [
        OrderState.IN_PROGRESS,
        OrderState.REJECTED,
        OrderState.IN_PROGRESS,
        OrderState.ACKNOWLEDGED,
    ]
    assert sorted(published_types(sessions)) == ["order.rejected.v1", *[CHANGED] * 2]


def test_several_messages_about_one_order_in_one_batch_are_several_steps(
    sessions: Sessions,
) -> None:
    order = accepted()
    add_orders(sessions, order)

    consume(
        sessions,
        SUBSCRIPTIONS,
        resources_assigned(),
        service_held(),
        service_resumed(),
        service_completed(order),
    )

    assert state_of(sessions) is OrderState.COMPLETED
    assert [(was, became) for kind, _, was, became in history(sessions) if kind == "order"] == [
        ("acknowledged", "inProgress"),
        ("inProgress", "held"),
        ("held", "inProgress"),
        ("inProgress", "completed"),
    ]


def test_each_change_without_a_message_of_its_own_is_published_with_its_reason(
    sessions: Sessions,
) -> None:
    order = accepted(a_body(an_item("1"), an_item("2", "voice-basic")))
    add_orders(sessions, order)

    consume(sessions, SUBSCRIPTIONS, resources_assigned(), service_held(step="1/test"))
    consume(sessions, SUBSCRIPTIONS, service_resumed())
    consume(sessions, SUBSCRIPTIONS, service_completed(order))

    *changes, end, _, _ = published(sessions)
    assert isinstance(end, OrderCompleted)
    assert changes == [
        state_changed(OrderState.IN_PROGRESS),
        state_changed(OrderState.HELD, code="undecided", reason="nobody knows", step="1/test"),
        state_changed(OrderState.IN_PROGRESS),
    ]


def test_a_message_that_changes_no_state_publishes_none(sessions: Sessions) -> None:
    add_orders(sessions, accepted())

    consume(sessions, SUBSCRIPTIONS, service_held(), resources_assigned())

    assert published_types(sessions) == [CHANGED]


def state_changed(state: OrderState, **why: str) -> OrderStateChanged:
    """Return the message that the first order and its two items have this state."""
    items = tuple(PublishedItemState(id=each, state=state) for each in ("1", "2"))
    return OrderStateChanged(
        order_id=order_id(1), customer_id=PARTY, state=state, items=items, **why
    )


def test_a_completed_order_updates_the_installed_base_and_is_published(sessions: Sessions) -> None:
    order = accepted(a_body(a_bundle()))
    add_orders(sessions, order)

    consume(sessions, SUBSCRIPTIONS, resources_assigned(), service_completed(order))

    telephone = product_of(sessions, order, 1)
    assert (telephone.status, telephone.number) == (ProductStatus.ACTIVE, NUMBER)
    assert telephone.bundle_id == product_of(sessions, order, 0).bundle_id
    assert published_types(sessions) == [CHANGED, "order.completed.v1", *[ITEM_COMPLETED] * 2]


def test_an_order_comes_back_from_its_row_as_it_was(sessions: Sessions) -> None:
    order = accepted(
        a_body(a_bundle(), an_item("2", "voice-basic", number=NUMBER), note=[{"text": "Ring"}])
    )
    add_orders(sessions, order)

    with sessions() as session:
        assert orders.find_accessible(session, tenant_wide_scope(TENANT), order.order.id) == (
            order.order,
            order.progress,
        )


def test_a_disconnection_ends_its_product(sessions: Sessions) -> None:
    made = accepted(a_body(an_item("1", "voice-basic")))
    add_orders(sessions, made)
    consume(sessions, SUBSCRIPTIONS, service_completed(made))
    gone = accepted(
        a_body(a_disconnection(made.order.items[0].ordered.product_id)),
        2,
        products=(product_of(sessions, made),),
    )
    add_orders(sessions, gone)
    assert product_of(sessions, made).status is ProductStatus.PENDING_TERMINATE

    consume(sessions, SUBSCRIPTIONS, resources_assigned(2), service_completed(gone))

    ended = product_of(sessions, made)
    assert (ended.status, ended.ended_at) == (ProductStatus.TERMINATED, NOON)
    assert ended.ending_order_id == order_id(2)


def test_a_failed_disconnection_leaves_its_product_to_the_customer(sessions: Sessions) -> None:
    made = accepted()
    add_orders(sessions, made)
    consume(sessions, SUBSCRIPTIONS, service_completed(made))
    before = product_of(sessions, made)
    disconnection = a_body(a_disconnection(before.id))
    add_orders(sessions, accepted(disconnection, 2, products=(before,)))

    consume(sessions, SUBSCRIPTIONS, resources_assigned(2), service_failed(2, "element-refused"))

    assert product_of(sessions, made) == before
    assert published_types(sessions)[-1] == "order.failed.v1"


def test_what_can_never_be_legal_is_parked_and_changes_nothing(sessions: Sessions) -> None:
    order = accepted()
    add_orders(sessions, order)
    consume(sessions, SUBSCRIPTIONS, service_completed(order))

    consume(sessions, SUBSCRIPTIONS, service_failed())

    (row,) = dead_letter_rows(sessions)
    assert "never" in row.error
    assert state_of(sessions) is OrderState.COMPLETED


def test_a_message_about_an_unknown_order_is_a_dead_letter(sessions: Sessions) -> None:
    consume(sessions, SUBSCRIPTIONS, resources_assigned(7), resources_refused(8))

    assert len(dead_letter_rows(sessions)) == 2


@pytest.fixture(scope="module")
def own(databases: dict[str, Sessions]) -> Sessions:
    """The order service's database; hypothesis empties it for each example."""
    return databases["order"]


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_a_batch_or_one_by_one_comes_to_the_same(own: Sessions, data: st.DataObject) -> None:
    order, lost = accepted(a_body(a_bundle())), accepted(n=2)
    mine: list[Message] = [
        resources_assigned(),
        service_held(),
        service_resumed(),
        service_completed(order),
    ]
    others: list[Message] = [resources_refused(2), service_failed(2)]
    turns = data.draw(st.permutations([True] * len(mine) + [False] * len(others)))
    sources = {True: iter(mine), False: iter(others)}
    messages = [next(sources[turn]) for turn in turns]
    cuts = data.draw(st.sets(st.integers(1, len(messages) - 1)))
    ends = [*sorted(cuts), len(messages)]
    delete_all_rows(own)
    add_orders(own, order, lost)

    for start, end in zip([0, *ends], ends, strict=False):
        consume(own, SUBSCRIPTIONS, *messages[start:end])

    assert (state_of(own, 1), state_of(own, 2)) == (OrderState.COMPLETED, OrderState.FAILED)
    assert sorted(published_types(own)) == [
        "order.completed.v1",
        "order.failed.v1",
        *[ITEM_COMPLETED] * 2,
        *[CHANGED] * 4,
    ]
    assert len(history(own)) == 4 * 3 + 2 * 2
    assert not dead_letter_rows(own)


def test_every_published_end_names_the_customer(sessions: Sessions) -> None:
    add_orders(sessions, *(accepted(n=n) for n in (1, 2, 3)))

    consume(sessions, SUBSCRIPTIONS, service_completed(accepted()), service_failed(2))
    consume(sessions, SUBSCRIPTIONS, resources_refused(3, RefusalCode.UNSERVED))

    assert {getattr(message, "customer_id", "") for message in published(sessions)} == {PARTY}
