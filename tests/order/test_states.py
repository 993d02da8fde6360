"""States of items and orders: the transition table, and properties of every order."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.order.domain.fulfilment.progress import FulfilmentMessage, Progress, advance
from services.order.domain.fulfilment.states import (
    CANCELLATION_STATES,
    FINAL_STATES,
    ITEM_TRANSITIONS,
    ItemEvent,
    compose_order_state,
    next_state,
)
from shared.contracts import OrderState, RefusalCode
from shared.errors import PoisonError
from tests.conftest import NOON
from tests.order.builders import (
    a_body,
    accepted,
    an_item,
    resources_assigned,
    resources_refused,
    service_completed,
    service_failed,
    service_held,
    service_resumed,
)

ITEM_STATES = set(OrderState) - CANCELLATION_STATES - {OrderState.PARTIAL}
ORDER = accepted(a_body(an_item("1"), an_item("2", "voice-basic")))
UNSERVED = RefusalCode.UNSERVED

RESOURCES_FIRST: list[tuple[list[FulfilmentMessage], list[FulfilmentMessage], OrderState]] = [
    ([resources_assigned()], [service_completed(ORDER)], OrderState.COMPLETED),
    (
        [resources_assigned()],
        [service_held(), service_resumed(), service_completed(ORDER)],
        OrderState.COMPLETED,
    ),
    (
        [resources_assigned()],
        [service_held(), service_held(step="create-onu"), service_failed()],
        OrderState.FAILED,
    ),
    ([resources_assigned()], [service_failed(code="refused-by-element")], OrderState.FAILED),
    ([resources_refused()], [service_failed()], OrderState.FAILED),
    ([resources_refused(code=UNSERVED)], [service_failed(code=UNSERVED)], OrderState.REJECTED),
    (
        [resources_assigned(), resources_refused(code=UNSERVED, request_id="1/more")],
        [service_failed(code=UNSERVED, step="1/more")],
        OrderState.FAILED,
    ),
]
"""The messages of resources, those of provisioning, and the final state of the order."""


@st.composite
def arrivals(draw: st.DrawFn) -> tuple[list[FulfilmentMessage], OrderState]:
    """Draw an interleaving of the messages of two services."""
    one, other, end = draw(st.sampled_from(RESOURCES_FIRST))
    turns = draw(st.permutations([True] * len(one) + [False] * len(other)))
    sources = {True: iter(one), False: iter(other)}
    return [next(sources[turn]) for turn in turns], end


def states_after(messages: list[FulfilmentMessage]) -> list[Progress]:
    """Return every state of an order that consumes these messages."""
    states = [ORDER.progress]
    for each in messages:
        states.append(advance(states[-1], each, NOON).progress)
    return states


@given(arrivals())
def test_an_order_ends_the_same_in_any_order_of_two_services_messages(
    arrived: tuple[list[FulfilmentMessage], OrderState],
) -> None:
    messages, end = arrived

    assert states_after(messages)[-1].state is end


@given(arrivals())
def test_an_order_that_has_ended_stays_as_it_is(
    arrived: tuple[list[FulfilmentMessage], OrderState],
) -> None:
    for before, now in pairwise(states_after(arrived[0])):
        if before.is_final:
            assert now == before


def test_an_order_stays_acknowledged_until_resources_has_answered() -> None:
    states = [each.state for each in states_after([resources_assigned(), service_completed(ORDER)])]

    assert states == [OrderState.ACKNOWLEDGED, OrderState.IN_PROGRESS, OrderState.COMPLETED]


def test_an_address_that_is_not_served_rejects_the_order_with_the_reason() -> None:
    rejected = states_after([resources_refused(code=UNSERVED)])[-1]

    assert (rejected.state, rejected.code) == (OrderState.REJECTED, "unserved")
    assert rejected.reason


def test_an_order_refused_for_lack_of_free_resources_ends_with_provisionings_failure() -> None:
    states = [each.state for each in states_after([resources_refused(), service_failed()])]

    assert states == [OrderState.ACKNOWLEDGED, OrderState.IN_PROGRESS, OrderState.FAILED]


def test_a_held_order_has_a_reason_until_it_is_resumed() -> None:
    states = states_after([resources_assigned(), service_held(), service_resumed()])

    assert (states[2].state, states[2].code) == (OrderState.HELD, "undecided")
    assert (states[3].state, states[3].code, states[3].reason) == (OrderState.IN_PROGRESS, "", "")


def test_an_order_whose_fallout_is_decided_again_continues_unchanged() -> None:
    """After a restore of provisioning, earlier fallout decisions have to be made again."""
    states = [
        each.state
        for each in states_after(
            [
                resources_assigned(),
                service_held(),
                service_resumed(),
                service_resumed(),
                service_failed(),
            ]
        )
    ]

    assert states[3:] == [OrderState.IN_PROGRESS, OrderState.IN_PROGRESS, OrderState.FAILED]


def test_every_change_is_named_for_the_order_and_each_item() -> None:
    changes = advance(ORDER.progress, resources_assigned(), NOON).changes

    assert [tuple(each) for each in changes] == [
        ("order", "", "acknowledged", "inProgress"),
        ("item", "1", "acknowledged", "inProgress"),
        ("item", "2", "acknowledged", "inProgress"),
    ]


@pytest.mark.parametrize("state", sorted(FINAL_STATES - {OrderState.PARTIAL}))
@pytest.mark.parametrize("event", [ItemEvent.HELD, ItemEvent.RESUMED, ItemEvent.COMPLETED])
def test_what_can_never_be_legal_raises(state: OrderState, event: ItemEvent) -> None:
    with pytest.raises(PoisonError, match="never"):
        next_state(state, event)


def test_the_table_has_no_transition_from_a_final_state() -> None:
    transitions = [
        (state, to) for (state, _), to in ITEM_TRANSITIONS.items() if state in FINAL_STATES
    ]

    assert transitions
    assert all(to is None for _, to in transitions)


def test_every_event_is_in_the_table() -> None:
    assert {event for _, event in ITEM_TRANSITIONS} == set(ItemEvent)


@pytest.mark.parametrize(
    ("items", "order"),
    [
        ({OrderState.COMPLETED}, OrderState.COMPLETED),
        ({OrderState.REJECTED}, OrderState.REJECTED),
        ({OrderState.ACKNOWLEDGED, OrderState.COMPLETED}, OrderState.IN_PROGRESS),
        ({OrderState.IN_PROGRESS, OrderState.HELD}, OrderState.HELD),
        ({OrderState.IN_PROGRESS, OrderState.ACKNOWLEDGED}, OrderState.IN_PROGRESS),
        ({OrderState.IN_PROGRESS, OrderState.FAILED}, OrderState.IN_PROGRESS),
        ({OrderState.PENDING, OrderState.IN_PROGRESS}, OrderState.PENDING),
        ({OrderState.COMPLETED, OrderState.FAILED}, OrderState.PARTIAL),
        ({OrderState.REJECTED, OrderState.FAILED}, OrderState.FAILED),
        ({OrderState.CANCELLED, OrderState.REJECTED}, OrderState.CANCELLED),
        ({OrderState.CANCELLED, OrderState.COMPLETED}, OrderState.PARTIAL),
    ],
)
def test_the_orders_state_is_composed_from_its_items(
    items: set[OrderState], order: OrderState
) -> None:
    assert compose_order_state(items) is order


@given(st.sets(st.sampled_from(sorted(ITEM_STATES)), min_size=1))
def test_an_order_has_ended_when_all_its_items_have_and_not_before(items: set[OrderState]) -> None:
    assert (compose_order_state(items) in FINAL_STATES) == (items <= FINAL_STATES)
