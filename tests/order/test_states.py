"""Where items and orders stand: the table, and what holds for every order."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.order.domain.fulfilment.progress import FulfilmentMessage, Progress, advance
from services.order.domain.fulfilment.states import (
    FINAL_STATES,
    ITEM_TRANSITIONS,
    ItemEvent,
    OrderState,
    compose_order_state,
    next_state,
)
from shared.contracts import RefusalCode
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
]
"""What resources tells, what provisioning tells, and where the order ends."""


@st.composite
def arrivals(draw: st.DrawFn) -> tuple[list[FulfilmentMessage], OrderState]:
    """Draw what two services tell, in any order that keeps each one's own."""
    one, other, end = draw(st.sampled_from(RESOURCES_FIRST))
    turns = draw(st.permutations([True] * len(one) + [False] * len(other)))
    sources = {True: iter(one), False: iter(other)}
    return [next(sources[turn]) for turn in turns], end


def walk(news: list[FulfilmentMessage]) -> list[Progress]:
    """Return every state of an order that hears this."""
    walked = [ORDER.progress]
    for each in news:
        walked.append(advance(walked[-1], each, NOON).progress)
    return walked


@given(arrivals())
def test_an_order_ends_the_same_in_whatever_order_two_services_are_heard(
    arrived: tuple[list[FulfilmentMessage], OrderState],
) -> None:
    news, end = arrived

    assert walk(news)[-1].state is end


@given(arrivals())
def test_an_order_that_has_ended_stays_as_it_is(
    arrived: tuple[list[FulfilmentMessage], OrderState],
) -> None:
    for before, now in pairwise(walk(arrived[0])):
        if before.is_final:
            assert now == before


def test_an_order_stays_acknowledged_until_resources_has_answered() -> None:
    states = [each.state for each in walk([resources_assigned(), service_completed(ORDER)])]

    assert states == [OrderState.ACKNOWLEDGED, OrderState.IN_PROGRESS, OrderState.COMPLETED]


def test_an_address_that_is_not_served_rejects_the_order_with_the_reason() -> None:
    rejected = walk([resources_refused(code=UNSERVED)])[-1]

    assert (rejected.state, rejected.code) == (OrderState.REJECTED, "unserved")
    assert rejected.reason


def test_a_refusal_for_want_of_anything_free_is_provisionings_to_end() -> None:
    states = [each.state for each in walk([resources_refused(), service_failed()])]

    assert states == [OrderState.ACKNOWLEDGED, OrderState.IN_PROGRESS, OrderState.FAILED]


def test_a_held_order_says_why_and_forgets_it_when_it_goes_on() -> None:
    walked = walk([resources_assigned(), service_held(), service_resumed()])

    assert (walked[2].state, walked[2].code) == (OrderState.HELD, "undecided")
    assert (walked[3].state, walked[3].code, walked[3].reason) == (OrderState.IN_PROGRESS, "", "")


def test_an_order_that_people_decide_of_once_more_goes_on_as_it_was() -> None:
    """Provisioning was restored: what people had decided before is asked of them again."""
    states = [
        each.state
        for each in walk(
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


def test_the_table_leads_from_no_end_anywhere() -> None:
    leads = [(state, to) for (state, _), to in ITEM_TRANSITIONS.items() if state in FINAL_STATES]

    assert leads
    assert all(to is None for _, to in leads)


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
        ({OrderState.PENDING_CANCELLATION, OrderState.HELD}, OrderState.PENDING_CANCELLATION),
    ],
)
def test_the_orders_state_is_composed_from_its_items(
    items: set[OrderState], order: OrderState
) -> None:
    assert compose_order_state(items) is order


@given(st.sets(st.sampled_from(sorted(set(OrderState) - {OrderState.PARTIAL})), min_size=1))
def test_an_order_has_ended_when_all_its_items_have_and_not_before(items: set[OrderState]) -> None:
    assert (compose_order_state(items) in FINAL_STATES) == (items <= FINAL_STATES)
