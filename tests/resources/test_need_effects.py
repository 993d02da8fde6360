"""Each need of an item has an effect of its own: reserve, keep, pre-release or swap."""

import msgspec
import pytest

from shared.contracts import (
    Action,
    AssignmentRequested,
    Held,
    Need,
    NeedEffect,
    RefusalCode,
    ReleaseRequested,
    ResourcesAssigned,
)
from shared.persistence.database import Sessions
from tests.resources.builders import (
    NUMBER,
    PAIR,
    a_release_request,
    an_assignment_request,
    answers_to,
    completed,
    e164,
    handle,
    handle_again,
    holders,
    import_plant,
    latest_messages,
    order_id,
    refusal_code,
    service_id,
    states,
)

KEEP, PRE_RELEASE, SWAP = NeedEffect.KEEP, NeedEffect.PRE_RELEASE, NeedEffect.SWAP
FIRST_PAIR = "X/0000001"


def a_need(effect: NeedEffect, kind: str = "number") -> Need:
    return Need(kind=kind, effect=effect)


def a_change(n: int, *needs: Need, of: int = 1, request_id: str = "assign") -> AssignmentRequested:
    """Return the n-th order's request to change what the service of order `of` holds."""
    request = an_assignment_request(n, *needs, business_action="change")
    items = tuple(
        msgspec.structs.replace(each, service_id=service_id(of)) for each in request.items
    )
    return msgspec.structs.replace(request, items=items, request_id=request_id)


@pytest.fixture
def in_use(sessions: Sessions) -> Sessions:
    """A service that holds a number and a pair."""
    import_plant(sessions)
    handle(sessions, an_assignment_request(1, NUMBER, PAIR))
    handle(sessions, completed(1))
    assert states(sessions) == {e164(0): "in_use", FIRST_PAIR: "in_use"}
    return sessions


def elsewhere(request: AssignmentRequested) -> AssignmentRequested:
    """Return a request whose address lies in another local network than the order says."""
    items = tuple(msgspec.structs.replace(each, local_network="0512") for each in request.items)
    return msgspec.structs.replace(request, items=items)


def result(sessions: Sessions, n: int) -> dict[str, list[str]]:
    """Return the values in the answer to the n-th order, by what was done."""
    answer = latest_messages(sessions)[order_id(n)]
    assert isinstance(answer, ResourcesAssigned), answer
    (item,) = answer.items
    return {
        name: [held.value for held in getattr(item, name)]
        for name in ("held", "kept", "pre_released")
        if getattr(item, name)
    }


@pytest.mark.parametrize("need", [a_need(KEEP), NUMBER])
def test_a_changed_service_keeps_what_a_need_does_not_change(in_use: Sessions, need: Need) -> None:
    before = holders(in_use)

    handle(in_use, a_change(2, need))
    handle(in_use, completed(2, Action.MODIFY, of=1))

    assert result(in_use, 2) == {"kept": [e164(0)]}
    assert (states(in_use), holders(in_use)) == (
        {e164(0): "in_use", FIRST_PAIR: "in_use"},
        before,
    )


def test_a_single_need_is_given_up_when_the_order_completes(in_use: Sessions) -> None:
    handle(in_use, a_change(2, a_need(PRE_RELEASE, "pair")))

    assert result(in_use, 2) == {"pre_released": [FIRST_PAIR]}
    assert states(in_use) == {e164(0): "in_use", FIRST_PAIR: "pre_released"}
    handle(in_use, completed(2, Action.MODIFY, of=1))

    assert states(in_use) == {e164(0): "in_use"}


def test_a_swap_reserves_another_resource_before_the_old_one_is_given_up(
    in_use: Sessions,
) -> None:
    handle(in_use, a_change(2, a_need(SWAP), a_need(KEEP, "pair")))

    assert result(in_use, 2) == {
        "held": [e164(1)],
        "kept": [FIRST_PAIR],
        "pre_released": [e164(0)],
    }
    assert states(in_use) == {
        e164(0): "pending_release",
        e164(1): "reserved",
        FIRST_PAIR: "in_use",
    }
    handle(in_use, completed(2, Action.MODIFY, of=1))

    assert states(in_use) == {e164(0): "quarantined", e164(1): "in_use", FIRST_PAIR: "in_use"}
    assert {service for _, service in holders(in_use).values()} == {service_id(1)}


@pytest.mark.parametrize("is_named", [True, False])
def test_an_undone_swap_leaves_the_service_as_it_was(in_use: Sessions, *, is_named: bool) -> None:
    handle(in_use, a_change(2, a_need(SWAP), a_need(KEEP, "pair")))
    answer = latest_messages(in_use)[order_id(2)]
    assert isinstance(answer, ResourcesAssigned)

    held = answer.items[0].changed_holdings if is_named else ()
    handle(in_use, ReleaseRequested(order_id=order_id(2), held=held))

    assert states(in_use) == {e164(0): "in_use", FIRST_PAIR: "in_use"}
    assert {service for _, service in holders(in_use).values()} == {service_id(1)}


def test_a_later_request_gives_up_a_resource_of_its_own(in_use: Sessions) -> None:
    handle(in_use, a_change(2, a_need(KEEP), a_need(KEEP, "pair")))
    handle_again(in_use, a_change(2, a_need(PRE_RELEASE, "pair"), request_id="1/give-up"))

    assert states(in_use) == {e164(0): "in_use", FIRST_PAIR: "pre_released"}
    named = (Held(kind="pair", value=FIRST_PAIR),)
    release = ReleaseRequested(order_id=order_id(2), request_id="1/give-up", held=named)
    handle_again(in_use, release)

    assert states(in_use) == {e164(0): "in_use", FIRST_PAIR: "in_use"}


@pytest.mark.parametrize("effect", [KEEP, PRE_RELEASE, SWAP])
def test_what_a_service_does_not_hold_is_refused_and_nothing_changes(
    in_use: Sessions, effect: NeedEffect
) -> None:
    before = states(in_use)

    handle(in_use, a_change(2, a_need(SWAP), a_need(effect, "leg")))

    assert refusal_code(latest_messages(in_use)[order_id(2)]) is RefusalCode.NOT_HELD
    assert states(in_use) == before


def test_two_needs_of_one_kind_are_two_resources(in_use: Sessions) -> None:
    handle(in_use, a_change(2, a_need(KEEP), a_need(PRE_RELEASE)))
    assert refusal_code(latest_messages(in_use)[order_id(2)]) is RefusalCode.NOT_HELD

    handle(in_use, a_change(3, a_need(NeedEffect.RESERVE)))
    handle(in_use, completed(3, of=1))
    handle(in_use, a_change(4, a_need(KEEP), a_need(PRE_RELEASE)))

    answer = result(in_use, 4)
    assert sorted(answer["kept"] + answer["pre_released"]) == [e164(0), e164(1)]


def test_an_order_does_not_give_up_what_it_has_reserved_itself(sessions: Sessions) -> None:
    import_plant(sessions)
    handle(sessions, an_assignment_request(1, NUMBER))

    handle_again(sessions, a_change(1, a_need(KEEP), request_id="1/a"))
    assert result(sessions, 1) == {"kept": [e164(0)]}
    handle_again(sessions, a_change(1, a_need(PRE_RELEASE), request_id="1/b"))

    assert refusal_code(latest_messages(sessions)[order_id(1)]) is RefusalCode.NOT_HELD
    assert states(sessions) == {e164(0): "reserved"}


@pytest.mark.parametrize("second", [a_change(3, a_need(SWAP)), a_change(3, a_need(KEEP))])
def test_of_two_orders_in_one_batch_the_second_finds_what_the_first_gives_up_gone(
    in_use: Sessions, second: AssignmentRequested
) -> None:
    handle(in_use, a_change(2, a_need(SWAP)), second)

    assert refusal_code(latest_messages(in_use)[order_id(3)]) is RefusalCode.NOT_HELD
    assert states(in_use) == {
        e164(0): "pending_release",
        e164(1): "reserved",
        FIRST_PAIR: "in_use",
    }


@pytest.mark.parametrize("is_batch", [True, False])
@pytest.mark.parametrize(
    ("last", "expected"),
    [
        (a_release_request(5, of=1), {"held": [e164(1), FIRST_PAIR]}),
        (a_change(5, a_need(KEEP)), {"kept": [e164(1)]}),
    ],
)
def test_an_order_gets_in_a_batch_what_it_would_get_alone(
    in_use: Sessions, last: AssignmentRequested, expected: dict[str, list[str]], *, is_batch: bool
) -> None:
    handle(in_use, a_change(3, a_need(NeedEffect.RESERVE)))
    handle(in_use, completed(3, of=1))

    first = a_change(4, a_need(PRE_RELEASE))
    for batch in [[first, last]] if is_batch else [[first], [last]]:
        handle(in_use, *batch)

    assert result(in_use, 4) == {"pre_released": [e164(0)]}
    assert result(in_use, 5) == expected


def test_of_two_disconnections_in_one_batch_the_second_is_refused(in_use: Sessions) -> None:
    handle(in_use, a_release_request(2, of=1), a_release_request(3, of=1))

    assert refusal_code(latest_messages(in_use)[order_id(3)]) is RefusalCode.NOT_HELD
    assert {order for order, _ in holders(in_use).values()} == {order_id(2)}


def test_a_repeated_request_is_answered_as_before(in_use: Sessions) -> None:
    request = a_change(2, a_need(SWAP), a_need(KEEP, "pair"))
    handle(in_use, request)
    (answer,), held = answers_to(in_use, 2), holders(in_use)

    handle_again(in_use, request)

    assert (answers_to(in_use, 2), holders(in_use)) == ([answer, answer], held)


@pytest.mark.parametrize("later", [a_need(KEEP), NUMBER])
def test_a_repeated_first_request_is_answered_as_before_also_after_others(
    in_use: Sessions, later: Need
) -> None:
    first = a_change(2, a_need(KEEP, "pair"), a_need(NeedEffect.RESERVE))
    handle(in_use, first)
    handle_again(in_use, a_change(2, later, request_id="1/later"))

    handle_again(in_use, first)

    answer, of_later, again = answers_to(in_use, 2)
    assert again == answer != of_later


def test_a_repeated_request_is_answered_as_before_also_when_another_order_has_come(
    in_use: Sessions,
) -> None:
    handle(in_use, a_change(2, a_need(KEEP)))
    handle(in_use, a_change(3, a_need(SWAP)))

    handle_again(in_use, a_change(2, a_need(KEEP)))

    assert result(in_use, 2) == {"kept": [e164(0)]}


def an_ending(*needs: Need, request_id: str = "assign") -> AssignmentRequested:
    """Return a request of the second order, which ends the service of the first."""
    request = a_change(2, *needs, request_id=request_id)
    items = tuple(
        msgspec.structs.replace(each, business_action="disconnect") for each in request.items
    )
    return msgspec.structs.replace(request, items=items)


def test_a_service_that_ends_gives_up_by_its_first_request_all_that_it_does_not_keep(
    in_use: Sessions,
) -> None:
    handle(in_use, an_ending(a_need(KEEP)))

    assert result(in_use, 2) == {"kept": [e164(0)], "pre_released": [FIRST_PAIR]}


def test_a_later_request_of_a_service_that_ends_gives_up_its_needs_alone(in_use: Sessions) -> None:
    handle(in_use, an_ending(a_need(KEEP), a_need(KEEP, "pair")))
    handle_again(in_use, an_ending(a_need(PRE_RELEASE), request_id="1/later"))

    assert states(in_use) == {e164(0): "pending_release", FIRST_PAIR: "in_use"}


def test_the_address_matters_only_to_what_is_reserved(in_use: Sessions) -> None:
    handle(in_use, elsewhere(a_change(2, a_need(KEEP))))
    handle(in_use, elsewhere(a_change(3, a_need(SWAP))))

    assert result(in_use, 2) == {"kept": [e164(0)]}
    assert refusal_code(latest_messages(in_use)[order_id(3)]) is RefusalCode.UNSERVED
