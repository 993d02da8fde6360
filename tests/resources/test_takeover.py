"""Takeover: a restored database assigns nothing twice, and loses no reservation."""

from datetime import timedelta

import pytest
from sqlalchemy import select, text

from services.resources.app import SERVICE
from services.resources.tables import NumberRow
from shared.contracts import (
    CompletedService,
    Held,
    ItemHoldings,
    Message,
    ResourcesAssigned,
    ResourcesReleased,
    ServiceCompleted,
)
from shared.messaging.dead_letters import DeadLetterReason
from shared.persistence.database import Sessions
from tests.conftest import NOON
from tests.kernel import consume, dead_letter_rows, published
from tests.resources.builders import (
    FIBRE,
    NUMBER,
    PAIR,
    a_release_request,
    an_assignment_request,
    assigned_values,
    completed,
    e164,
    handle,
    holders,
    import_plant,
    latest_messages,
    order_id,
    service_id,
    states,
)


def restore_to_import(sessions: Sessions) -> None:
    """Restore the database to when only the plant was imported."""
    with sessions.begin() as session:
        session.execute(text("SET LOCAL session_replication_role = replica"))
        free = "order_id = NULL, service_id = NULL"
        session.execute(text(f"UPDATE numbers SET state = 'idle', until = NULL, {free}"))  # noqa: S608
        session.execute(text(f"UPDATE pool_items SET state = 'free', {free}"))  # noqa: S608
        for table in ("inbox", "outbox", "sequences", "unsent", "history", "timers"):
            session.execute(text(f"DELETE FROM {table}"))  # noqa: S608


def take_over(sessions: Sessions, *messages: Message) -> None:
    """Take over published messages."""
    consume(sessions, SERVICE.takeover.subscriptions, *messages)


def test_what_was_assigned_to_an_order_stays_its_own(sessions: Sessions) -> None:
    import_plant(sessions)
    handle(sessions, an_assignment_request(1, NUMBER, *FIBRE))
    first = latest_messages(sessions)[order_id(1)]
    restore_to_import(sessions)

    take_over(sessions, first)
    handle(sessions, an_assignment_request(2, NUMBER, *FIBRE))

    second = latest_messages(sessions)[order_id(2)]
    assert not set(assigned_values(first)) & set(assigned_values(second))
    assert {holders(sessions)[each] for each in assigned_values(first)} == {
        (order_id(1), service_id(1))
    }


def test_without_takeover_the_same_items_are_assigned_again(sessions: Sessions) -> None:
    """The negative control: a restored database without takeover."""
    import_plant(sessions)
    handle(sessions, an_assignment_request(1, *FIBRE))
    first = latest_messages(sessions)[order_id(1)]
    restore_to_import(sessions)

    handle(sessions, an_assignment_request(2, *FIBRE))

    assert assigned_values(latest_messages(sessions)[order_id(2)]) == assigned_values(first)


def test_a_published_assignment_takes_precedence_over_an_earlier_holder(
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


def test_a_number_that_another_client_has_selected_meanwhile_belongs_to_its_published_order(
    sessions: Sessions,
) -> None:
    import_plant(sessions)
    handle(sessions, an_assignment_request(1, NUMBER))
    first = latest_messages(sessions)[order_id(1)]
    restore_to_import(sessions)
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


def test_what_was_published_for_release_is_pending_release(sessions: Sessions) -> None:
    import_plant(sessions)
    handle(sessions, an_assignment_request(1, *FIBRE))
    handle(sessions, completed(1))
    before = states(sessions)
    handle(sessions, a_release_request(2, of=1))
    answer = latest_messages(sessions)[order_id(2)]
    after = states(sessions)
    restore_to_import(sessions)

    take_over(sessions, answers_of_first(answer), answer)

    assert before != after == states(sessions)


def answers_of_first(answer: Message) -> ResourcesAssigned:
    """Return the first order's answer, with the holdings that the second one releases."""
    assert isinstance(answer, ResourcesAssigned)
    return ResourcesAssigned(order_id=order_id(1), items=answer.items)


def test_what_was_published_as_released_is_free(sessions: Sessions) -> None:
    import_plant(sessions)
    handle(sessions, an_assignment_request(1, *FIBRE))
    first = latest_messages(sessions)[order_id(1)]
    restore_to_import(sessions)

    take_over(sessions, first)
    take_over(sessions, ResourcesReleased(order_id=order_id(1)))

    assert states(sessions) == {}


def test_an_item_that_is_missing_in_the_inventory_makes_a_dead_letter(sessions: Sessions) -> None:
    import_plant(sessions)
    handle(sessions, an_assignment_request(1, *FIBRE))
    first = latest_messages(sessions)[order_id(1)]
    restore_to_import(sessions)
    with sessions.begin() as session:
        session.execute(text("DELETE FROM pool_items WHERE kind = 'loid'"))

    take_over(sessions, first)

    (row,) = dead_letter_rows(sessions)
    assert "repeat the imports" in row.error
    assert holders(sessions) == {}


@pytest.mark.parametrize("is_taken_over", [False, True])
def test_a_completion_that_comes_before_its_request_waits_for_it(
    sessions: Sessions, *, is_taken_over: bool
) -> None:
    import_plant(sessions)
    handle(sessions, an_assignment_request(1, *FIBRE))
    answer = latest_messages(sessions)[order_id(1)]
    assert isinstance(answer, ResourcesAssigned)
    restore_to_import(sessions)
    if is_taken_over:
        take_over(sessions, answer)

    handle(sessions, a_completion_of(answer))

    early = [row for row in dead_letter_rows(sessions) if row.why is DeadLetterReason.EARLY]
    assert bool(early) is not is_taken_over
    assert [each for each in published(sessions) if isinstance(each, ServiceCompleted)] == []


def a_completion_of(answer: ResourcesAssigned) -> ServiceCompleted:
    """Return the message that the order's service is active with its published holdings."""
    (service,) = completed(1).services
    values = {each: getattr(service, each) for each in CompletedService.__struct_fields__}
    held = answer.items[0].held
    return ServiceCompleted(
        order_id=answer.order_id, services=(CompletedService(**(values | {"held": held})),)
    )


def test_a_published_swap_is_taken_over(sessions: Sessions) -> None:
    import_plant(sessions)
    handle(sessions, an_assignment_request(1, NUMBER, PAIR))
    handle(sessions, completed(1))
    holdings = ItemHoldings(
        item_id="1",
        service_id=service_id(1),
        held=(Held(kind="number", value=e164(1)),),
        kept=(Held(kind="pair", value="X/0000001"),),
        pre_released=(Held(kind="number", value=e164(0)),),
    )
    swapped = ResourcesAssigned(order_id=order_id(2), items=(holdings,))

    consume(sessions, SERVICE.takeover.subscriptions, swapped)

    expected = {e164(0): "pending_release", e164(1): "reserved", "X/0000001": "in_use"}
    assert states(sessions) == expected
    consume(
        sessions,
        SERVICE.takeover.subscriptions,
        ResourcesReleased(order_id=order_id(2)),
    )

    assert states(sessions) == {e164(0): "in_use", "X/0000001": "in_use"}
