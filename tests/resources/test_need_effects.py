"""Each need of an item has an effect of its own: reserve, keep, pre-release or swap."""

from uuid import uuid4

import msgspec
import pytest

from services.resources.app import SERVICE
from shared.contracts import (
    Action,
    AssignmentRequested,
    Causation,
    Held,
    ItemHoldings,
    Need,
    NeedEffect,
    OrderMessage,
    RefusalCode,
    ReleaseRequested,
    ResourcesAssigned,
    ResourcesReleased,
)
from shared.persistence.database import Sessions
from tests.kernel import TENANT, consume, consume_records, record_of
from tests.resources.builders import (
    NUMBER,
    PAIR,
    a_release_request,
    an_assignment_request,
    completed,
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


def handle_again(sessions: Sessions, message: OrderMessage) -> None:
    """Handle a message as one of its own, not as a redelivery."""
    record = record_of(message, Causation(uuid4(), message.key, TENANT))
    consume_records(sessions, SERVICE.subscriptions, [record])


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

    held = answer.items[0].changed if is_named else ()
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


def test_of_two_disconnections_in_one_batch_the_second_is_refused(in_use: Sessions) -> None:
    handle(in_use, a_release_request(2, of=1), a_release_request(3, of=1))

    assert refusal_code(latest_messages(in_use)[order_id(3)]) is RefusalCode.NOT_HELD
    assert {order for order, _ in holders(in_use).values()} == {order_id(2)}


def test_a_repeated_request_is_answered_as_before(in_use: Sessions) -> None:
    request = a_change(2, a_need(SWAP), a_need(KEEP, "pair"))
    handle(in_use, request)
    answer, held = latest_messages(in_use)[order_id(2)], holders(in_use)

    handle_again(in_use, request)

    assert (latest_messages(in_use)[order_id(2)], holders(in_use)) == (answer, held)


def test_the_address_matters_only_to_what_is_reserved(in_use: Sessions) -> None:
    handle(in_use, elsewhere(a_change(2, a_need(KEEP))))
    handle(in_use, elsewhere(a_change(3, a_need(SWAP))))

    assert result(in_use, 2) == {"kept": [e164(0)]}
    assert refusal_code(latest_messages(in_use)[order_id(3)]) is RefusalCode.UNSERVED


def test_a_published_swap_is_taken_over(in_use: Sessions) -> None:
    holdings = ItemHoldings(
        item_id="1",
        service_id=service_id(1),
        held=(Held(kind="number", value=e164(1)),),
        kept=(Held(kind="pair", value=FIRST_PAIR),),
        pre_released=(Held(kind="number", value=e164(0)),),
    )
    swapped = ResourcesAssigned(order_id=order_id(2), items=(holdings,))

    consume(in_use, SERVICE.takeover.subscriptions, swapped)

    expected = {e164(0): "pending_release", e164(1): "reserved", FIRST_PAIR: "in_use"}
    assert states(in_use) == expected
    consume(
        in_use,
        SERVICE.takeover.subscriptions,
        ResourcesReleased(order_id=order_id(2)),
    )

    assert states(in_use) == {e164(0): "in_use", FIRST_PAIR: "in_use"}
