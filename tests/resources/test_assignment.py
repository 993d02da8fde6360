"""Assignment on a real database: from a message to an answer and its holdings."""

import pytest

from services.resources.commands.assignment import assign
from services.resources.domain.allocation.assignment_request import AssignmentRequest
from shared.contracts import (
    AssignmentRequested,
    HoldAction,
    ItemNeeds,
    Need,
    RefusalCode,
    ResourcesAssigned,
)
from shared.persistence.database import Sessions
from tests.callers import CLIENT
from tests.conftest import NOON
from tests.kernel import TENANT, dead_letter_rows, published_types
from tests.resources.builders import (
    FIBRE,
    NUMBER,
    PAIR,
    a_segment,
    a_splitter,
    an_assignment_request,
    assigned_values,
    e164,
    handle,
    holders,
    import_plant,
    latest_messages,
    order_id,
    refusal_code,
    service_id,
    states,
)


def test_fibre_gets_a_leg_a_vlan_and_a_loid_that_lead_to_its_olt(sessions: Sessions) -> None:
    import_plant(sessions)

    handle(sessions, an_assignment_request(1, *FIBRE))

    answer = latest_messages(sessions)[order_id(1)]
    assert isinstance(answer, ResourcesAssigned)
    held = {each.kind: each for each in answer.items[0].held}
    assert {kind: each.value for kind, each in held.items()} == {
        "leg": "S/001",
        "vlan": "X/101.0201",
        "loid": "S-L001",
    }
    assert {each.element for each in held.values()} == {"X-OLT1"}
    assert {each.name: each.value for each in held["leg"].attributes} == {
        "splitter": "S",
        "leg": 1,
        "pon_port": "0/1/3",
        "exchange": "X",
    }
    assert {each.name: each.value for each in held["vlan"].attributes} == {
        "svlan": 101,
        "cvlan": 201,
    }


def test_voice_gets_the_lowest_number_and_pair_of_its_exchange(sessions: Sessions) -> None:
    import_plant(sessions)

    handle(
        sessions,
        an_assignment_request(1, NUMBER, PAIR, address="copper"),
        an_assignment_request(2, NUMBER, PAIR),
    )

    assert assigned_values(latest_messages(sessions)[order_id(1)]) == [e164(0), "X/0000001"]
    assert assigned_values(latest_messages(sessions)[order_id(2)]) == [e164(1), "X/0000002"]


def test_what_is_held_is_bound_to_its_order_and_service(sessions: Sessions) -> None:
    import_plant(sessions)

    handle(sessions, an_assignment_request(1, NUMBER, PAIR))

    assert set(holders(sessions).values()) == {(order_id(1), service_id(1))}
    assert set(states(sessions).values()) == {"reserved"}


def test_a_batch_is_served_as_far_as_the_pool_goes(sessions: Sessions) -> None:
    import_plant(sessions, pairs=2)

    handle(sessions, *(an_assignment_request(n, PAIR) for n in range(3)))

    assert published_types(sessions) == [
        "resources.assigned.v1",
        "resources.assigned.v1",
        "resources.refused.v1",
    ]
    assert refusal_code(latest_messages(sessions)[order_id(2)]) is RefusalCode.NONE_FREE


def test_an_order_that_cannot_have_all_holds_nothing(sessions: Sessions) -> None:
    import_plant(sessions, pairs=0)

    handle(sessions, an_assignment_request(1, NUMBER, *FIBRE, PAIR))

    assert refusal_code(latest_messages(sessions)[order_id(1)]) is RefusalCode.NONE_FREE
    assert holders(sessions) == {}


def test_a_splitter_with_faulty_legs_has_none_free(sessions: Sessions) -> None:
    import_plant(sessions, splitters=[a_splitter(faulty_legs=4)])

    handle(sessions, an_assignment_request(1, *FIBRE))

    assert refusal_code(latest_messages(sessions)[order_id(1)]) is RefusalCode.NONE_FREE


@pytest.mark.parametrize("address", ["copper", "nowhere", ""])
def test_an_address_that_no_fibre_reaches_is_unserved(sessions: Sessions, address: str) -> None:
    import_plant(sessions)

    handle(sessions, an_assignment_request(1, *FIBRE, address=address))

    assert refusal_code(latest_messages(sessions)[order_id(1)]) is RefusalCode.UNSERVED


def test_another_tenants_plant_is_not_assigned(sessions: Sessions) -> None:
    import_plant(sessions, tenant="other")

    handle(sessions, an_assignment_request(1, *FIBRE), an_assignment_request(2, PAIR))

    assert refusal_code(latest_messages(sessions)[order_id(1)]) is RefusalCode.UNSERVED
    assert refusal_code(latest_messages(sessions)[order_id(2)]) is RefusalCode.UNSERVED


def test_vanity_numbers_are_assigned_only_if_picked(sessions: Sessions) -> None:
    import_plant(
        sessions, segments=[a_segment(first="+862580001110", count=2)]
    )  # AAA would be lowest

    handle(sessions, an_assignment_request(1), an_assignment_request(2))

    assert assigned_values(latest_messages(sessions)[order_id(1)]) == ["+862580001110"]
    assert refusal_code(latest_messages(sessions)[order_id(2)]) is RefusalCode.NONE_FREE


def test_a_picked_number_of_the_grade_that_was_sold_is_reserved(sessions: Sessions) -> None:
    import_plant(sessions, segments=[a_segment(first="+862580008888", count=1)])
    pick = Need(kind="number", picked="+862580008888", grade="AAAA")

    handle(sessions, an_assignment_request(1, pick))

    assert assigned_values(latest_messages(sessions)[order_id(1)]) == ["+862580008888"]


def test_a_pick_of_the_lowest_number_leaves_the_next_for_other_orders(
    sessions: Sessions,
) -> None:
    import_plant(sessions, segments=[a_segment(count=2)])

    handle(
        sessions,
        an_assignment_request(1, Need(kind="number", picked=e164(0))),
        an_assignment_request(2),
    )

    assert assigned_values(latest_messages(sessions)[order_id(2)]) == [e164(1)]


@pytest.mark.parametrize("picked", ["+862580009999", "+862599990000"])
def test_a_picked_number_that_is_not_ours_or_held_is_not_available(
    sessions: Sessions, picked: str
) -> None:
    import_plant(sessions, segments=[a_segment(first="+862580009999", count=1)])
    handle(
        sessions,
        an_assignment_request(1, Need(kind="number", picked="+862580009999", grade="AAAA")),
    )

    handle(sessions, an_assignment_request(2, Need(kind="number", picked=picked, grade="AAAA")))

    assert refusal_code(latest_messages(sessions)[order_id(2)]) is RefusalCode.NOT_AVAILABLE


def test_a_repeated_request_is_answered_with_what_the_order_holds(sessions: Sessions) -> None:
    import_plant(sessions)
    handle(sessions, an_assignment_request(1, NUMBER, PAIR))

    again = an_assignment_request(
        1, NUMBER, PAIR, client="break glass"
    )  # a new message, not a redelivery
    with sessions.begin() as session:
        request = AssignmentRequest(TENANT, again)
        (share,) = assign(session, [request], NOON)

    assert assigned_values(share.answer) == [e164(0), "X/0000001"]
    assert share.changes == ()
    assert len(holders(sessions)) == 2


def test_two_items_of_one_order_hold_each_their_own(sessions: Sessions) -> None:
    import_plant(sessions)
    items = tuple(
        ItemNeeds(
            item_id=str(n),
            service_id=service_id(n),
            action=HoldAction.RESERVE,
            address_id="fibre",
            needs=needs,
        )
        for n, needs in ((1, FIBRE), (2, (NUMBER, PAIR)))
    )

    handle(sessions, AssignmentRequested(order_id=order_id(1), client=CLIENT, items=items))

    assert {name: service for name, (_, service) in holders(sessions).items()} == {
        "S/001": service_id(1),
        "X/101.0201": service_id(1),
        "S-L001": service_id(1),
        e164(0): service_id(2),
        "X/0000001": service_id(2),
    }


def test_a_need_that_no_pool_serves_makes_only_its_order_a_dead_letter(sessions: Sessions) -> None:
    import_plant(sessions)

    handle(
        sessions,
        an_assignment_request(1),
        an_assignment_request(2, Need(kind="satellite")),
        an_assignment_request(3),
    )

    assert [row.key for row in dead_letter_rows(sessions)] == [order_id(2).bytes]
    assert published_types(sessions) == ["resources.assigned.v1"] * 2
