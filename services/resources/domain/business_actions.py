"""What each business action means to resources: the only place that compares actions."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from services.resources.domain.pool.states import Transition
from shared.contracts import (
    BusinessAction,
    CompletedService,
    ItemNeeds,
    NeedEffect,
    business_action_of,
    parse_business_action,
)


class HoldingRule(NamedTuple):
    """What a business action means to the needs and the holdings of an item."""

    assignment: NeedEffect
    """The effect on each need that names none; `pre_release` without needs: on each holding."""

    completion: frozenset[Transition]
    """What the completion of the order may do to its holdings."""


BUSINESS_ACTIONS: Mapping[BusinessAction, HoldingRule] = MappingProxyType(
    {
        BusinessAction.NEW: HoldingRule(NeedEffect.RESERVE, frozenset({Transition.OCCUPY})),
        BusinessAction.CHANGE: HoldingRule(
            NeedEffect.KEEP, frozenset({Transition.OCCUPY, Transition.RELEASE})
        ),
        BusinessAction.CHANGE_NUMBER: HoldingRule(
            NeedEffect.KEEP, frozenset({Transition.OCCUPY, Transition.RELEASE})
        ),
        BusinessAction.SIM_SWAP: HoldingRule(
            NeedEffect.KEEP, frozenset({Transition.OCCUPY, Transition.RELEASE})
        ),
        BusinessAction.TRANSFER: HoldingRule(NeedEffect.KEEP, frozenset()),
        BusinessAction.MOVE: HoldingRule(
            NeedEffect.KEEP, frozenset({Transition.OCCUPY, Transition.RELEASE})
        ),
        BusinessAction.SUSPEND: HoldingRule(NeedEffect.KEEP, frozenset()),
        BusinessAction.RESUME: HoldingRule(NeedEffect.KEEP, frozenset()),
        BusinessAction.RENEW: HoldingRule(NeedEffect.KEEP, frozenset()),
        BusinessAction.CHANGE_PAYMENT: HoldingRule(NeedEffect.KEEP, frozenset()),
        BusinessAction.BUNDLE_JOIN: HoldingRule(NeedEffect.KEEP, frozenset()),
        BusinessAction.BUNDLE_LEAVE: HoldingRule(NeedEffect.KEEP, frozenset()),
        BusinessAction.DISCONNECT: HoldingRule(
            NeedEffect.PRE_RELEASE, frozenset({Transition.RELEASE})
        ),
        BusinessAction.KEEP: HoldingRule(NeedEffect.KEEP, frozenset()),
    }
)
"""A failed or cancelled order undoes every effect of its assignments."""


def effect_of_action(item: ItemNeeds) -> NeedEffect:
    """Return the effect of the item's business action on each need that names none.

    Requests of earlier versions name no business action, but what is to be done.

    Raises:
        PoisonError: if this version does not know the business action.
    """
    if not item.business_action:
        return NeedEffect(item.action)
    return BUSINESS_ACTIONS[parse_business_action(item.business_action)].assignment


def may_occupy(service: CompletedService) -> bool:
    """Tell whether the completion of a service may take resources into use."""
    return Transition.OCCUPY in BUSINESS_ACTIONS[business_action_of(service)].completion


def may_release(service: CompletedService) -> bool:
    """Tell whether the completion of a service may release resources."""
    return Transition.RELEASE in BUSINESS_ACTIONS[business_action_of(service)].completion
