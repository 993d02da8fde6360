"""What the customer's view shows after each business action."""

from services.customer.domain.business_actions import BUSINESS_ACTIONS, ViewEffect, view_effect
from services.customer.handlers import SUBSCRIPTIONS
from shared.contracts import TMF_ACTIONS, BusinessAction
from shared.persistence.database import Sessions
from tests.customer.builders import accepted, completed
from tests.kernel import consume, dead_letter_rows
from tools.verify.expected_state import ENDING_ACTIONS


def test_every_business_action_has_a_row() -> None:
    assert [each for each in BusinessAction if each not in BUSINESS_ACTIONS] == []


def test_the_actions_that_remove_a_product_are_those_that_end_it_to_the_verification() -> None:
    removing = {each for each, it in BUSINESS_ACTIONS.items() if it is ViewEffect.REMOVED}

    assert removing == ENDING_ACTIONS


def test_a_change_says_its_business_action_or_means_it_by_its_tmf_action() -> None:
    for action in BusinessAction:
        named = completed(1, action=TMF_ACTIONS[action], business_action=action.value)
        unnamed = completed(1, action=TMF_ACTIONS[action])

        assert view_effect(named.products[0]) is view_effect(unnamed.products[0])


def test_a_product_after_an_action_of_a_later_version_waits_for_that_version(
    sessions: Sessions,
) -> None:
    consume(sessions, SUBSCRIPTIONS, accepted(1), completed(1, business_action="port-in"))

    (row,) = dead_letter_rows(sessions)
    assert "port-in is unknown" in row.error
