"""What each business action means to resources: the only place that compares actions."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from services.resources.domain.pool.states import Transition
from shared.contracts import (
    BusinessAction,
    CompletedService,
    HoldAction,
    ItemNeeds,
    business_action_of,
    parse_business_action,
)
from shared.errors import PoisonError


class HoldingRule(NamedTuple):
    """What a business action means to the needs and the holdings of an item."""

    assignment: HoldAction | None
    """What an assignment does: reserve each need, or pre-release each holding.

    None if the action cannot be carried out yet.
    """

    completion: frozenset[Transition]
    """What the completion of the order may do to its holdings."""


BUSINESS_ACTIONS: Mapping[BusinessAction, HoldingRule] = MappingProxyType(
    {
        BusinessAction.NEW: HoldingRule(HoldAction.RESERVE, frozenset({Transition.OCCUPY})),
        BusinessAction.CHANGE: HoldingRule(None, frozenset({Transition.RELEASE})),
        BusinessAction.DISCONNECT: HoldingRule(
            HoldAction.PRE_RELEASE, frozenset({Transition.RELEASE})
        ),
        BusinessAction.KEEP: HoldingRule(None, frozenset()),
    }
)
"""A failed or cancelled order undoes both ways of assignment."""


def hold_action_of(item: ItemNeeds) -> HoldAction:
    """Return what the assignment of an item does.

    Requests of earlier versions name no business action, but what is to be done.

    Raises:
        PoisonError: if this version cannot carry out the business action.
    """
    if not item.business_action:
        return item.action
    action = parse_business_action(item.business_action)
    found = BUSINESS_ACTIONS[action].assignment
    if found is None:
        msg = f"resources cannot carry out {action} yet; deploy a version that can, then retry"
        raise PoisonError(msg)
    return found


def may_occupy(service: CompletedService) -> bool:
    """Tell whether the completion of a service may take resources into use."""
    return Transition.OCCUPY in BUSINESS_ACTIONS[business_action_of(service)].completion


def may_release(service: CompletedService) -> bool:
    """Tell whether the completion of a service may release resources."""
    return Transition.RELEASE in BUSINESS_ACTIONS[business_action_of(service)].completion
