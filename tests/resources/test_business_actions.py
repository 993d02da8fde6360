"""What each business action does to needs and holdings."""

import pytest

from services.resources.domain.business_actions import (
    BUSINESS_ACTIONS,
    effect_of_action,
    may_occupy,
    may_release,
)
from shared.contracts import (
    TMF_ACTIONS,
    BusinessAction,
    CompletedService,
    HoldAction,
    ItemNeeds,
    NeedEffect,
)
from shared.persistence.database import Sessions
from tests.kernel import dead_letter_rows, published_types
from tests.resources.builders import an_assignment_request, handle, import_plant, order_id, states


def needs(action: HoldAction, business_action: str = "") -> ItemNeeds:
    return ItemNeeds(
        item_id="1", service_id=order_id(1), action=action, business_action=business_action
    )


def done(action: BusinessAction, name: str = "") -> CompletedService:
    return CompletedService(
        item_id="1",
        action=TMF_ACTIONS[action],
        business_action=name,
        product_id=order_id(1),
        service_id=order_id(1),
        specification="voice",
        blueprint_version=1,
    )


def test_every_business_action_has_a_row() -> None:
    assert [each for each in BusinessAction if each not in BUSINESS_ACTIONS] == []


def test_the_business_action_decides_what_an_assignment_does() -> None:
    assert effect_of_action(needs(HoldAction.RESERVE, "disconnect")) is NeedEffect.PRE_RELEASE
    assert effect_of_action(needs(HoldAction.PRE_RELEASE, "new")) is NeedEffect.RESERVE


@pytest.mark.parametrize("action", HoldAction)
def test_a_request_of_an_earlier_version_says_what_is_to_be_done(action: HoldAction) -> None:
    assert effect_of_action(needs(action)) is NeedEffect(action)


@pytest.mark.parametrize("name", ["new", ""])
def test_what_a_new_installation_has_reserved_is_occupied_at_its_end(name: str) -> None:
    service = done(BusinessAction.NEW, name)

    assert (may_occupy(service), may_release(service)) == (True, False)


@pytest.mark.parametrize("name", ["disconnect", ""])
def test_what_a_disconnection_has_pre_released_is_released_at_its_end(name: str) -> None:
    service = done(BusinessAction.DISCONNECT, name)

    assert (may_occupy(service), may_release(service)) == (False, True)


def test_an_action_that_this_version_does_not_know_reserves_nothing(sessions: Sessions) -> None:
    import_plant(sessions)

    handle(
        sessions,
        an_assignment_request(1, business_action="port-in"),
        an_assignment_request(2, business_action="new"),
    )

    assert [row.key for row in dead_letter_rows(sessions)] == [order_id(1).bytes]
    assert published_types(sessions) == ["resources.assigned.v1"]
    assert len(states(sessions)) == 1
