"""Where items and orders stand: the table, and what holds for every order."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.order.domain.progress import News, Progress, advance
from services.order.domain.states import FINAL, ITEMS, Event, State, after, compose
from shared.contracts import RefusalCode
from shared.errors import PoisonError
from tests.conftest import NOON
from tests.order.build import (
    a_body,
    accepted,
    an_item,
    assigned,
    completed,
    failed,
    refused,
    resumed,
    stopped,
)

ORDER = accepted(a_body(an_item("1"), an_item("2", "voice-basic")))
UNSERVED = RefusalCode.UNSERVED

RESOURCES_FIRST: list[tuple[list[News], list[News], State]] = [
    ([assigned()], [completed(ORDER)], State.COMPLETED),
    ([assigned()], [stopped(), resumed(), completed(ORDER)], State.COMPLETED),
    ([assigned()], [stopped(), stopped(step="create-onu"), failed()], State.FAILED),
    ([assigned()], [failed(code="refused-by-element")], State.FAILED),
    ([refused()], [failed()], State.FAILED),
    ([refused(code=UNSERVED)], [failed(code=UNSERVED)], State.REJECTED),
]
"""What resources tells, what provisioning tells, and where the order ends."""


@st.composite
def arrivals(draw: st.DrawFn) -> tuple[list[News], State]:
    """Draw what two services tell, in any order that keeps each one's own."""
    one, other, end = draw(st.sampled_from(RESOURCES_FIRST))
    turns = draw(st.permutations([True] * len(one) + [False] * len(other)))
    sources = {True: iter(one), False: iter(other)}
    return [next(sources[turn]) for turn in turns], end


def walk(news: list[News]) -> list[Progress]:
    """Return every state of an order that hears this."""
    walked = [ORDER.progress]
    for each in news:
        walked.append(advance(walked[-1], each, NOON).progress)
    return walked


@given(arrivals())
def test_an_order_ends_the_same_in_whatever_order_two_services_are_heard(
    arrived: tuple[list[News], State],
) -> None:
    news, end = arrived

    assert walk(news)[-1].state is end


@given(arrivals())
def test_an_order_that_has_ended_stays_as_it_is(arrived: tuple[list[News], State]) -> None:
    for before, now in pairwise(walk(arrived[0])):
        if before.ended:
            assert now == before


def test_an_order_stays_acknowledged_until_resources_has_answered() -> None:
    states = [each.state for each in walk([assigned(), completed(ORDER)])]

    assert states == [State.ACKNOWLEDGED, State.IN_PROGRESS, State.COMPLETED]


def test_an_address_that_is_not_served_rejects_the_order_with_the_reason() -> None:
    rejected = walk([refused(code=UNSERVED)])[-1]

    assert (rejected.state, rejected.code) == (State.REJECTED, "unserved")
    assert rejected.reason


def test_a_refusal_for_want_of_anything_free_is_provisionings_to_end() -> None:
    states = [each.state for each in walk([refused(), failed()])]

    assert states == [State.ACKNOWLEDGED, State.IN_PROGRESS, State.FAILED]


def test_a_held_order_says_why_and_forgets_it_when_it_goes_on() -> None:
    walked = walk([assigned(), stopped(), resumed()])

    assert (walked[2].state, walked[2].code) == (State.HELD, "undecided")
    assert (walked[3].state, walked[3].code, walked[3].reason) == (State.IN_PROGRESS, "", "")


def test_an_order_that_people_decide_of_once_more_goes_on_as_it_was() -> None:
    """Provisioning was restored: what people had decided before is asked of them again."""
    states = [each.state for each in walk([assigned(), stopped(), resumed(), resumed(), failed()])]

    assert states[3:] == [State.IN_PROGRESS, State.IN_PROGRESS, State.FAILED]


def test_every_change_is_named_for_the_order_and_each_item() -> None:
    changes = advance(ORDER.progress, assigned(), NOON).changes

    assert [tuple(each) for each in changes] == [
        ("order", "", "acknowledged", "inProgress"),
        ("item", "1", "acknowledged", "inProgress"),
        ("item", "2", "acknowledged", "inProgress"),
    ]


@pytest.mark.parametrize("state", sorted(FINAL - {State.PARTIAL}))
@pytest.mark.parametrize("event", [Event.HELD, Event.RESUMED, Event.COMPLETED])
def test_what_can_never_be_legal_raises(state: State, event: Event) -> None:
    with pytest.raises(PoisonError, match="never"):
        after(state, event)


def test_the_table_leads_from_no_end_anywhere() -> None:
    leads = [(state, to) for (state, _), to in ITEMS.items() if state in FINAL]

    assert leads
    assert all(to is None for _, to in leads)


def test_every_event_is_in_the_table() -> None:
    assert {event for _, event in ITEMS} == set(Event)


@pytest.mark.parametrize(
    ("items", "order"),
    [
        ({State.COMPLETED}, State.COMPLETED),
        ({State.REJECTED}, State.REJECTED),
        ({State.ACKNOWLEDGED, State.COMPLETED}, State.IN_PROGRESS),
        ({State.IN_PROGRESS, State.HELD}, State.HELD),
        ({State.IN_PROGRESS, State.ACKNOWLEDGED}, State.IN_PROGRESS),
        ({State.IN_PROGRESS, State.FAILED}, State.IN_PROGRESS),
        ({State.PENDING, State.IN_PROGRESS}, State.PENDING),
        ({State.COMPLETED, State.FAILED}, State.PARTIAL),
        ({State.REJECTED, State.FAILED}, State.FAILED),
        ({State.CANCELLED, State.REJECTED}, State.CANCELLED),
        ({State.PENDING_CANCELLATION, State.HELD}, State.PENDING_CANCELLATION),
    ],
)
def test_the_orders_state_is_composed_from_its_items(items: set[State], order: State) -> None:
    assert compose(items) is order


@given(st.sets(st.sampled_from(sorted(set(State) - {State.PARTIAL})), min_size=1))
def test_an_order_has_ended_when_all_its_items_have_and_not_before(items: set[State]) -> None:
    assert (compose(items) in FINAL) == (items <= FINAL)
