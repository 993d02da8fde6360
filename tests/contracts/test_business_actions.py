"""Business actions in messages: of this version, of earlier ones and of later ones."""

import msgspec
import pytest

from shared.contracts import (
    MEANT_BY,
    TMF_ACTIONS,
    Action,
    BlueprintName,
    BusinessAction,
    business_action_name,
    business_action_of,
)
from shared.errors import PoisonError

MESSAGE = {"specification": "ftth", "action": "delete", "version": 1}


def read(**more: str) -> BlueprintName:
    """Return a part as a message has it."""
    return msgspec.convert(MESSAGE | more, BlueprintName)


def test_every_business_action_has_a_tmf_action_and_every_tmf_action_a_meaning() -> None:
    assert [each for each in BusinessAction if each not in TMF_ACTIONS] == []
    assert [each for each in Action if each not in MEANT_BY] == []
    assert [each for each in Action if TMF_ACTIONS[MEANT_BY[each]] is not each] == []


def test_a_part_of_an_earlier_version_has_the_business_action_that_its_action_means() -> None:
    assert business_action_of(read()) is BusinessAction.DISCONNECT
    assert business_action_of(read(business_action="disconnect")) is BusinessAction.DISCONNECT


def test_a_business_action_of_a_later_version_has_a_name_and_waits_for_that_version() -> None:
    later = read(business_action="port-out")

    assert business_action_name(later) == "port-out"
    with pytest.raises(PoisonError, match="port-out is unknown; deploy a version that has it"):
        business_action_of(later)


def test_a_part_whose_two_actions_differ_is_refused() -> None:
    with pytest.raises(PoisonError, match="the action of new is add, not delete"):
        business_action_of(read(business_action="new"))
