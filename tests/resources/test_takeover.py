"""What was told holds: a restored database gives nothing twice, and loses no reservation."""

from datetime import timedelta

import pytest
from sqlalchemy import select, text

from services.resources.app import SERVICE
from services.resources.tables import NumberRow
from shared.contracts import Message, ResourcesAssigned, ResourcesReleased, ServiceCompleted
from shared.contracts.message_parts import CompletedService
from shared.messaging.dead_letters import DeadLetterReason
from shared.persistence.database import Sessions
from tests.conftest import NOON
from tests.kernel import consume, dead_letter_rows, published
from tests.resources.builders import (
    FIBRE,
    NUMBER,
    a_release_request,
    an_assignment_request,
    assigned_values,
    completed,
    handle,
    holders,
    import_plant,
    latest_messages,
    order_id,
    service_id,
    states,
)


def lose_everything_since(sessions: Sessions) -> None:
    """Set the database back to when the plant was imported and nothing had happened."""
    with sessions.begin() as session:
        session.execute(text("SET LOCAL session_replication_role = replica"))
        free = "order_id = NULL, service_id = NULL"
        session.execute(text(f"UPDATE numbers SET state = 'idle', until = NULL, {free}"))  # noqa: S608
        session.execute(text(f"UPDATE pool_items SET state = 'free', {free}"))  # noqa: S608
        for table in ("inbox", "outbox", "sequences", "unsent", "history", "timers"):
            session.execute(text(f"DELETE FROM {table}"))  # noqa: S608


def take_over(sessions: Sessions, *messages: Message) -> None:
    """Make the tables say what was told."""
    consume(sessions, SERVICE.takeover.subscriptions, *messages)


def test_what_an_order_was_told_to_have_is_its_own_and_no_others(sessions: Sessions) -> None:
    import_plant(sessions)
    handle(sessions, an_assignment_request(1, NUMBER, *FIBRE))
    first = latest_messages(sessions)[order_id(1)]
    lose_everything_since(sessions)

    take_over(sessions, first)
    handle(sessions, an_assignment_request(2, NUMBER, *FIBRE))

    second = latest_messages(sessions)[order_id(2)]
    assert not set(assigned_values(first)) & set(assigned_values(second))
    assert {holders(sessions)[each] for each in assigned_values(first)} == {
        (order_id(1), service_id(1))
    }


def test_without_it_the_same_things_are_given_again(sessions: Sessions) -> None:
    """The control: this is what a restored database did."""
    import_plant(sessions)
    handle(sessions, an_assignment_request(1, *FIBRE))
    first = latest_messages(sessions)[order_id(1)]
    lose_everything_since(sessions)

    handle(sessions, an_assignment_request(2, *FIBRE))

    assert assigned_values(latest_messages(sessions)[order_id(2)]) == assigned_values(first)


def test_what_was_told_wins_over_a_holder_that_had_given_it_up_by_then(
    sessions: Sessions,
) -> None:
    import_plant(sessions)
    handle(sessions, an_assignment_request(1, *FIBRE))
    first = latest_messages(sessions)[order_id(1)]
    assert isinstance(first, ResourcesAssigned)
    later = ResourcesAssigned(
        order_id=order_id(2),
        items=tuple(
            type(each)(item_id="1", service_id=service_id(2), held=each.held)
            for each in first.items
        ),
    )

    take_over(sessions, later)
    handle(sessions, completed(1))

    assert {holders(sessions)[each] for each in assigned_values(first)} == {
        (order_id(2), service_id(2))
    }


def test_a_number_that_another_client_has_selected_by_now_is_the_orders_that_was_told_of_it(
    sessions: Sessions,
) -> None:
    import_plant(sessions)
    handle(sessions, an_assignment_request(1, NUMBER))
    first = latest_messages(sessions)[order_id(1)]
    lose_everything_since(sessions)
    with sessions.begin() as session:
        session.execute(
            text("UPDATE numbers SET state = 'selected', selected_by = 'other', until = :until"),
            {"until": NOON + timedelta(minutes=10)},
        )

    take_over(sessions, first)

    (number,) = assigned_values(first)
    assert holders(sessions)[number] == (order_id(1), service_id(1))
    with sessions() as session:
        selected = session.scalar(select(NumberRow.selected_by).where(NumberRow.e164 == number))
    assert selected is None


def test_what_was_told_to_be_given_back_is_about_to_be(sessions: Sessions) -> None:
    import_plant(sessions)
    handle(sessions, an_assignment_request(1, *FIBRE))
    handle(sessions, completed(1))
    before = states(sessions)
    handle(sessions, a_release_request(2, of=1))
    answer = latest_messages(sessions)[order_id(2)]
    after = states(sessions)
    lose_everything_since(sessions)

    take_over(sessions, answers_of_first(answer), answer)

    assert before != after == states(sessions)


def answers_of_first(answer: Message) -> ResourcesAssigned:
    """Return what the first order was told, by what the second gives back."""
    assert isinstance(answer, ResourcesAssigned)
    return ResourcesAssigned(order_id=order_id(1), items=answer.items)


def test_what_was_told_to_be_released_is_free(sessions: Sessions) -> None:
    import_plant(sessions)
    handle(sessions, an_assignment_request(1, *FIBRE))
    first = latest_messages(sessions)[order_id(1)]
    lose_everything_since(sessions)

    take_over(sessions, first)
    take_over(sessions, ResourcesReleased(order_id=order_id(1)))

    assert states(sessions) == {}


def test_what_the_inventory_has_no_more_is_parked_for_a_person(sessions: Sessions) -> None:
    import_plant(sessions)
    handle(sessions, an_assignment_request(1, *FIBRE))
    first = latest_messages(sessions)[order_id(1)]
    lose_everything_since(sessions)
    with sessions.begin() as session:
        session.execute(text("DELETE FROM pool_items WHERE kind = 'loid'"))

    take_over(sessions, first)

    (row,) = dead_letter_rows(sessions)
    assert "repeat the imports" in row.error
    assert holders(sessions) == {}


@pytest.mark.parametrize("is_told", [False, True])
def test_a_completion_that_comes_before_its_request_waits_for_it(
    sessions: Sessions, *, is_told: bool
) -> None:
    import_plant(sessions)
    handle(sessions, an_assignment_request(1, *FIBRE))
    answer = latest_messages(sessions)[order_id(1)]
    assert isinstance(answer, ResourcesAssigned)
    lose_everything_since(sessions)
    if is_told:
        take_over(sessions, answer)

    handle(sessions, a_completion_of(answer))

    early = [row for row in dead_letter_rows(sessions) if row.why is DeadLetterReason.EARLY]
    assert bool(early) is not is_told
    assert [each for each in published(sessions) if isinstance(each, ServiceCompleted)] == []


def a_completion_of(answer: ResourcesAssigned) -> ServiceCompleted:
    """Return that the order works with all that it was told to have."""
    (service,) = completed(1).services
    values = {each: getattr(service, each) for each in CompletedService.__struct_fields__}
    held = answer.items[0].held
    return ServiceCompleted(
        order_id=answer.order_id, services=(CompletedService(**(values | {"held": held})),)
    )
