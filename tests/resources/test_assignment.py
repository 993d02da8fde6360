"""Assignment on a real database: from a message to an answer, and what is held then."""

import pytest
from sqlalchemy import text

from services.resources import store
from services.resources.domain.claim import Request
from services.resources.domain.things import Kind
from shared.contracts import (
    Action,
    AssignmentRequested,
    HoldAction,
    ItemNeeds,
    Message,
    Need,
    RefusalCode,
    ReleaseRequested,
    ResourcesAssigned,
    ResourcesRefused,
    ResourcesReleased,
)
from shared.db import Sessions
from tests.conftest import NOON
from tests.kernel import TENANT, history, parked, types_told
from tests.resources.build import (
    CLIENT,
    FIBRE,
    NUMBER,
    PAIR,
    a_disconnection,
    a_segment,
    a_splitter,
    an_order,
    answers,
    completed,
    e164,
    given,
    holders,
    order_id,
    service_id,
    states,
    stock,
    tell,
)


def refusal(answer: Message) -> RefusalCode:
    assert isinstance(answer, ResourcesRefused), answer
    return answer.code


def test_fibre_gets_a_leg_a_vlan_and_a_loid_that_lead_to_its_olt(sessions: Sessions) -> None:
    stock(sessions)

    tell(sessions, an_order(1, *FIBRE))

    answer = answers(sessions)[order_id(1)]
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
    stock(sessions)

    tell(sessions, an_order(1, NUMBER, PAIR, address="copper"), an_order(2, NUMBER, PAIR))

    assert given(answers(sessions)[order_id(1)]) == [e164(0), "X/0000001"]
    assert given(answers(sessions)[order_id(2)]) == [e164(1), "X/0000002"]


def test_what_is_held_is_bound_to_its_order_and_service(sessions: Sessions) -> None:
    stock(sessions)

    tell(sessions, an_order(1, NUMBER, PAIR))

    assert set(holders(sessions).values()) == {(order_id(1), service_id(1))}
    assert set(states(sessions).values()) == {"reserved"}


def test_a_batch_is_served_as_far_as_the_pool_goes(sessions: Sessions) -> None:
    stock(sessions, pairs=2)

    tell(sessions, *(an_order(n, PAIR) for n in range(3)))

    assert types_told(sessions) == [
        "resources.assigned.v1",
        "resources.assigned.v1",
        "resources.refused.v1",
    ]
    assert refusal(answers(sessions)[order_id(2)]) is RefusalCode.NONE_FREE


def test_an_order_that_cannot_have_all_holds_nothing(sessions: Sessions) -> None:
    stock(sessions, pairs=0)

    tell(sessions, an_order(1, NUMBER, *FIBRE, PAIR))

    assert refusal(answers(sessions)[order_id(1)]) is RefusalCode.NONE_FREE
    assert holders(sessions) == {}


def test_a_splitter_whose_legs_are_faulty_has_none_to_give(sessions: Sessions) -> None:
    stock(sessions, splitters=[a_splitter(faulty_legs=4)])

    tell(sessions, an_order(1, *FIBRE))

    assert refusal(answers(sessions)[order_id(1)]) is RefusalCode.NONE_FREE


@pytest.mark.parametrize("address", ["copper", "nowhere", ""])
def test_an_address_that_no_fibre_reaches_is_unserved(sessions: Sessions, address: str) -> None:
    stock(sessions)

    tell(sessions, an_order(1, *FIBRE, address=address))

    assert refusal(answers(sessions)[order_id(1)]) is RefusalCode.UNSERVED


def test_vanity_numbers_go_only_to_those_who_picked_them(sessions: Sessions) -> None:
    stock(sessions, segments=[a_segment(first="+862580001110", count=2)])  # AAA would be lowest

    tell(sessions, an_order(1), an_order(2))

    assert given(answers(sessions)[order_id(1)]) == ["+862580001110"]
    assert refusal(answers(sessions)[order_id(2)]) is RefusalCode.NONE_FREE


def test_a_picked_number_of_the_grade_that_was_sold_is_reserved(sessions: Sessions) -> None:
    stock(sessions, segments=[a_segment(first="+862580008888", count=1)])
    pick = Need(kind="number", picked="+862580008888", grade="AAAA")

    tell(sessions, an_order(1, pick))

    assert given(answers(sessions)[order_id(1)]) == ["+862580008888"]


@pytest.mark.parametrize("picked", ["+862580009999", "+862599990000"])
def test_a_picked_number_that_is_not_ours_or_held_is_not_available(
    sessions: Sessions, picked: str
) -> None:
    stock(sessions, segments=[a_segment(first="+862580009999", count=1)])
    tell(sessions, an_order(1, Need(kind="number", picked="+862580009999", grade="AAAA")))

    tell(sessions, an_order(2, Need(kind="number", picked=picked, grade="AAAA")))

    assert refusal(answers(sessions)[order_id(2)]) is RefusalCode.NOT_AVAILABLE


def test_a_released_order_leaves_everything_as_it_was(sessions: Sessions) -> None:
    stock(sessions)
    tell(sessions, an_order(1, NUMBER, PAIR, *FIBRE))

    tell(sessions, ReleaseRequested(order_id=order_id(1)))

    assert isinstance(answers(sessions)[order_id(1)], ResourcesReleased)
    assert states(sessions) == {}


def test_an_order_that_holds_nothing_is_released_all_the_same(sessions: Sessions) -> None:
    tell(sessions, ReleaseRequested(order_id=order_id(1)))

    assert types_told(sessions) == ["resources.released.v1"]


def test_a_completed_order_has_its_things_in_use(sessions: Sessions) -> None:
    stock(sessions)
    tell(sessions, an_order(1, NUMBER, PAIR), an_order(2, NUMBER))

    tell(sessions, completed(1))

    assert states(sessions) == {e164(0): "in_use", "X/0000001": "in_use", e164(1): "reserved"}


def test_a_disconnection_frees_items_and_lets_the_number_rest(sessions: Sessions) -> None:
    stock(sessions)
    tell(sessions, an_order(1, NUMBER, PAIR))
    tell(sessions, completed(1))

    tell(sessions, a_disconnection(2, of=1))
    pending = states(sessions)
    tell(sessions, completed(2, Action.DELETE, of=1))

    assert given(answers(sessions)[order_id(2)]) == [e164(0), "X/0000001"]
    assert pending == {e164(0): "pending_release", "X/0000001": "pre_released"}
    assert states(sessions) == {e164(0): "quarantined"}
    assert holders(sessions) == {}


def test_a_disconnection_that_is_undone_leaves_the_service_as_it_was(sessions: Sessions) -> None:
    stock(sessions)
    tell(sessions, an_order(1, NUMBER, PAIR))
    tell(sessions, completed(1))
    tell(sessions, a_disconnection(2, of=1))

    tell(sessions, ReleaseRequested(order_id=order_id(2)))

    assert set(states(sessions).values()) == {"in_use"}
    assert {service for _, service in holders(sessions).values()} == {service_id(1)}


def test_a_service_that_holds_nothing_cannot_be_disconnected(sessions: Sessions) -> None:
    stock(sessions)

    tell(sessions, a_disconnection(2, of=1))

    assert refusal(answers(sessions)[order_id(2)]) is RefusalCode.NOT_HELD


def test_a_service_is_not_disconnected_by_two_orders(sessions: Sessions) -> None:
    stock(sessions)
    tell(sessions, an_order(1))
    tell(sessions, completed(1))

    tell(sessions, a_disconnection(2, of=1))
    tell(sessions, a_disconnection(3, of=1))

    assert refusal(answers(sessions)[order_id(3)]) is RefusalCode.NOT_HELD


def test_another_tenant_s_service_cannot_be_disconnected(sessions: Sessions) -> None:
    stock(sessions, tenant="other")
    with sessions.begin() as session:
        session.execute(
            text("UPDATE numbers SET state = 'in_use', order_id = :o, service_id = :s"
                 " WHERE e164 = :e"),
            {"o": order_id(1), "s": service_id(1), "e": e164(0)},
        )  # fmt: skip

    tell(sessions, a_disconnection(2, of=1))

    assert refusal(answers(sessions)[order_id(2)]) is RefusalCode.NOT_HELD


def test_a_disconnection_may_overtake_the_completion_it_follows(sessions: Sessions) -> None:
    stock(sessions)
    tell(sessions, an_order(1, NUMBER, PAIR))

    tell(sessions, a_disconnection(2, of=1))
    tell(sessions, completed(1))
    tell(sessions, completed(2, Action.DELETE, of=1))

    assert states(sessions) == {e164(0): "quarantined"}
    assert parked(sessions) == []


def test_a_completion_that_comes_twice_or_late_changes_nothing(sessions: Sessions) -> None:
    stock(sessions)
    tell(sessions, an_order(1))
    tell(sessions, completed(1))
    before = history(sessions)

    tell(sessions, ReleaseRequested(order_id=order_id(1)))

    assert states(sessions) == {e164(0): "in_use"}
    assert history(sessions) == before


def test_an_order_that_asks_again_is_told_what_it_holds(sessions: Sessions) -> None:
    stock(sessions)
    tell(sessions, an_order(1, NUMBER, PAIR))

    again = an_order(1, NUMBER, PAIR, client="break glass")  # a new message, not a redelivery
    with sessions.begin() as session:
        request = Request(TENANT, again)
        (share,) = store.assign(session, [request], NOON)

    assert given(share.answer) == [e164(0), "X/0000001"]
    assert share.changes == ()
    assert len(holders(sessions)) == 2


def test_two_items_of_one_order_hold_each_their_own(sessions: Sessions) -> None:
    stock(sessions)
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

    tell(sessions, AssignmentRequested(order_id=order_id(1), client=CLIENT, items=items))

    assert {name: service for name, (_, service) in holders(sessions).items()} == {
        "S/001": service_id(1),
        "X/101.0201": service_id(1),
        "S-L001": service_id(1),
        e164(0): service_id(2),
        "X/0000001": service_id(2),
    }


def test_a_need_that_no_pool_serves_parks_its_order_and_no_other(sessions: Sessions) -> None:
    stock(sessions)

    tell(sessions, an_order(1), an_order(2, Need(kind="satellite")), an_order(3))

    assert [row.key for row in parked(sessions)] == [order_id(2).bytes]
    assert types_told(sessions) == ["resources.assigned.v1"] * 2


def test_every_change_of_a_number_or_item_is_a_row_of_the_history(sessions: Sessions) -> None:
    stock(sessions)

    tell(sessions, an_order(1, NUMBER, PAIR))
    tell(sessions, completed(1))
    tell(sessions, a_disconnection(2, of=1))
    tell(sessions, completed(2, Action.DELETE, of=1))

    one, two = str(order_id(1)), str(order_id(2))
    assert sorted(history(sessions)) == sorted(
        [
            (Kind.NUMBER, one, "idle", "reserved"),
            (Kind.NUMBER, one, "reserved", "in_use"),
            (Kind.NUMBER, two, "in_use", "pending_release"),
            (Kind.NUMBER, two, "pending_release", "quarantined"),
            (Kind.PAIR, one, "free", "reserved"),
            (Kind.PAIR, one, "reserved", "in_use"),
            (Kind.PAIR, two, "in_use", "pre_released"),
            (Kind.PAIR, two, "pre_released", "free"),
        ]
    )
