"""Each item moves by its own events, and the order by its items and its cancellation."""

from collections.abc import Sequence
from typing import TypeAlias

import pytest

from services.order.domain.fulfilment.progress import (
    Progress,
    advance_cancellation,
    advance_items,
)
from services.order.domain.fulfilment.states import (
    FINAL_STATES,
    CancellationEvent,
    ItemEvent,
    compose_order_state,
)
from shared.contracts import OrderState
from shared.errors import PoisonError
from tests.conftest import NOON
from tests.order.builders import a_body, accepted, an_item

FIRST: Progress = accepted(a_body(an_item("1"), an_item("2", "voice-basic"))).progress

Event: TypeAlias = tuple[str, ItemEvent] | CancellationEvent
"""The event of one item, or of the cancellation of the order."""

EVENTS: tuple[Event, ...] = (
    *((item, event) for item in ("1", "2") for event in ItemEvent),
    *CancellationEvent,
)


def after(*events: Event) -> Progress:
    """Return the progress after these events; those that are not legal are left out."""
    progress = FIRST
    for event in events:
        progress = next_progress(progress, event) or progress
    return progress


def next_progress(progress: Progress, event: Event) -> Progress | None:
    """Return the progress after one event, or None if the event is not legal."""
    try:
        if isinstance(event, CancellationEvent):
            return advance_cancellation(progress, event, NOON).progress
        item, item_event = event
        return advance_items(progress, {item: item_event}, item_event, "why", NOON)
    except PoisonError:
        return None


def states_of(progress: Progress) -> list[OrderState]:
    return [each.state for each in progress.items]


def reachable() -> dict[tuple[OrderState, ...], Progress]:
    """Return an order of two items for all states of order and items that events lead to."""
    found, open_ = {key_of(FIRST): FIRST}, [FIRST]
    while open_:
        progress = open_.pop()
        for event in EVENTS:
            following = next_progress(progress, event)
            if following and key_of(following) not in found:
                found[key_of(following)] = following
                open_.append(following)
    return found


def key_of(progress: Progress) -> tuple[OrderState, ...]:
    return (progress.state, *states_of(progress))


def test_events_lead_to_every_state_of_tmf622() -> None:
    assert {order for order, *_ in reachable()} == set(OrderState)


def test_an_order_has_the_state_of_its_items_or_of_its_cancellation() -> None:
    for order, *items in reachable():
        composed = compose_order_state(items)
        is_cancelled = order in {
            OrderState.ASSESSING_CANCELLATION,
            OrderState.PENDING_CANCELLATION,
        }
        assert order is composed or (is_cancelled and composed not in FINAL_STATES)


def test_an_event_of_one_item_leaves_the_other_as_it_is() -> None:
    progress = after(("1", ItemEvent.ASSIGNED), ("1", ItemEvent.COMPLETED))

    assert states_of(progress) == [OrderState.COMPLETED, OrderState.ACKNOWLEDGED]
    assert progress.state is OrderState.IN_PROGRESS


def test_the_reason_of_a_held_item_stays_while_another_item_goes_on() -> None:
    progress = after(("1", ItemEvent.HELD), ("2", ItemEvent.ASSIGNED), ("2", ItemEvent.COMPLETED))

    assert (progress.state, progress.code) == (OrderState.HELD, ItemEvent.HELD)


def test_an_order_of_which_one_item_fails_is_partial() -> None:
    progress = after(("1", ItemEvent.COMPLETED), ("2", ItemEvent.FAILED))

    assert progress.state is OrderState.PARTIAL


@pytest.mark.parametrize(
    "before",
    [
        (),
        (("1", ItemEvent.HELD),),
        (("1", ItemEvent.ASSIGNED), ("2", ItemEvent.INFORMATION_MISSING)),
    ],
)
def test_a_denied_cancellation_leaves_the_order_as_it_was(before: Sequence[Event]) -> None:
    assessed = after(*before, CancellationEvent.REQUESTED)
    denied = after(*before, CancellationEvent.REQUESTED, CancellationEvent.DENIED)

    assert assessed.state is OrderState.ASSESSING_CANCELLATION
    assert denied == after(*before)


def test_an_order_goes_on_while_its_cancellation_is_assessed() -> None:
    progress = after(CancellationEvent.REQUESTED, ("1", ItemEvent.HELD), CancellationEvent.DENIED)

    assert (progress.state, progress.code) == (OrderState.HELD, ItemEvent.HELD)


def test_an_order_is_cancelled_when_all_its_items_are() -> None:
    accepted_request = (CancellationEvent.REQUESTED, CancellationEvent.ACCEPTED)
    one = after(*accepted_request, ("1", ItemEvent.CANCELLED))
    both = after(*accepted_request, ("1", ItemEvent.CANCELLED), ("2", ItemEvent.CANCELLED))

    assert (one.state, both.state) == (OrderState.PENDING_CANCELLATION, OrderState.CANCELLED)


def test_an_order_that_has_ended_is_changed_by_no_event() -> None:
    ended = [each for each in reachable().values() if each.is_final]

    assert {each.state for each in ended} == FINAL_STATES
    for progress in ended:
        assert all(next_progress(progress, each) in {progress, None} for each in EVENTS)
