"""An order can request resources several times; each request has its own answer and release."""

import msgspec

from services.resources.app import SERVICE
from shared.contracts import (
    AssignmentRequested,
    Held,
    Need,
    OrderMessage,
    ReleaseRequested,
    ResourcesAssigned,
    ResourcesReleased,
)
from shared.persistence.database import Sessions
from tests.kernel import consume, published, statements
from tests.resources.builders import (
    NUMBER,
    PAIR,
    an_assignment_request,
    answers_to,
    assigned_values,
    e164,
    handle_again,
    holders,
    import_plant,
    latest_messages,
    order_id,
    refusal_code,
    states,
)

LATER = "1/more@1"


def later_request(*needs: Need, request_id: str = LATER) -> AssignmentRequested:
    """Return a later request of the first order."""
    return msgspec.structs.replace(an_assignment_request(1, *needs), request_id=request_id)


def latest(sessions: Sessions) -> OrderMessage:
    """Return the last message about the first order."""
    return latest_messages(sessions)[order_id(1)]


def test_a_second_request_of_an_order_gets_resources_of_its_own(sessions: Sessions) -> None:
    import_plant(sessions)
    handle_again(sessions, an_assignment_request(1, NUMBER, PAIR))

    handle_again(sessions, later_request(NUMBER))

    answers = [each for each in published(sessions) if isinstance(each, ResourcesAssigned)]
    assert [(each.request_id, assigned_values(each)) for each in answers] == [
        ("assign", [e164(0), "X/0000001"]),
        (LATER, [e164(1)]),
    ]
    assert {order for order, _ in holders(sessions).values()} == {order_id(1)}


def test_a_repeated_later_request_gets_its_first_answer(sessions: Sessions) -> None:
    import_plant(sessions)
    handle_again(sessions, an_assignment_request(1, NUMBER))
    handle_again(sessions, later_request(NUMBER))
    (_, answer), held = answers_to(sessions, 1), holders(sessions)

    handle_again(sessions, later_request(NUMBER))

    assert (answers_to(sessions, 1)[1:], holders(sessions)) == ([answer, answer], held)


def test_a_repeated_first_request_gets_its_first_answer_also_after_a_later_one(
    sessions: Sessions,
) -> None:
    import_plant(sessions)
    handle_again(sessions, an_assignment_request(1, NUMBER))
    handle_again(sessions, later_request(PAIR))

    handle_again(sessions, an_assignment_request(1, NUMBER))

    first, of_later, again = answers_to(sessions, 1)
    assert again == first != of_later


def test_a_refusal_names_its_request_and_leaves_the_others(sessions: Sessions) -> None:
    import_plant(sessions, pairs=1)
    handle_again(sessions, an_assignment_request(1, NUMBER, PAIR))

    handle_again(sessions, later_request(PAIR))

    refused = latest(sessions)
    assert refusal_code(refused)
    assert msgspec.to_builtins(refused)["request_id"] == LATER
    assert set(holders(sessions)) == {e164(0), "X/0000001"}


def test_a_release_that_names_holdings_frees_them_alone(sessions: Sessions) -> None:
    import_plant(sessions)
    handle_again(sessions, an_assignment_request(1, NUMBER), an_assignment_request(2, NUMBER))
    handle_again(sessions, later_request(NUMBER, PAIR))
    answer = latest(sessions)
    assert isinstance(answer, ResourcesAssigned)
    got = answer.items[0].held

    handle_again(sessions, ReleaseRequested(order_id=order_id(1), request_id=LATER, held=got))

    assert latest(sessions) == ResourcesReleased(order_id=order_id(1), request_id=LATER, held=got)
    assert states(sessions) == {e164(0): "reserved", e164(1): "reserved"}


def test_a_release_that_names_nothing_frees_all_of_its_order(sessions: Sessions) -> None:
    import_plant(sessions)
    handle_again(sessions, an_assignment_request(1, NUMBER))
    handle_again(sessions, later_request(NUMBER))
    named = (Held(kind="number", value=e164(1)),)

    handle_again(
        sessions,
        ReleaseRequested(order_id=order_id(1)),
        ReleaseRequested(order_id=order_id(1), request_id=LATER, held=named),
    )

    assert states(sessions) == {}


def test_a_release_of_a_later_request_that_names_nothing_frees_nothing(sessions: Sessions) -> None:
    import_plant(sessions)
    handle_again(sessions, an_assignment_request(1, NUMBER))
    handle_again(sessions, later_request(PAIR))
    before = holders(sessions)

    handle_again(sessions, ReleaseRequested(order_id=order_id(1), request_id=LATER))

    assert latest(sessions) == ResourcesReleased(order_id=order_id(1), request_id=LATER)
    assert holders(sessions) == before


def test_a_release_in_part_is_taken_over_in_part(sessions: Sessions) -> None:
    import_plant(sessions)
    handle_again(sessions, an_assignment_request(1, NUMBER, PAIR))
    released = ResourcesReleased(
        order_id=order_id(1), request_id=LATER, held=(Held(kind="number", value=e164(0)),)
    )

    consume(sessions, SERVICE.takeover.subscriptions, released)

    assert states(sessions) == {"X/0000001": "reserved"}


def test_the_first_request_of_an_order_does_not_read_the_archive(sessions: Sessions) -> None:
    import_plant(sessions)

    with statements(sessions) as executed:
        handle_again(sessions, an_assignment_request(1, NUMBER))

    assert not [each for each in executed if each.startswith("SELECT") and "FROM outbox" in each]
