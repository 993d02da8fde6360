"""What each business action means to provisioning: the only place that compares actions."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple

from shared.contracts import BusinessAction, HasAction, HoldAction, business_action_of


class ServiceEffect(StrEnum):
    """What an order item does to its service in the inventory."""

    CREATES = "creates"
    CHANGES = "changes"
    ENDS = "ends"
    KEEPS = "keeps"
    """The order's plan has no steps for it."""


EXISTING = frozenset({ServiceEffect.CHANGES, ServiceEffect.ENDS})
"""The effects on a service that exists before."""


class Counterpart(NamedTuple):
    """The blueprint that a specification needs beside one for an action."""

    action: BusinessAction
    reason: str
    """What follows without it."""


class FulfilmentRule(NamedTuple):
    """What a business action means to provisioning."""

    effect: ServiceEffect
    hold: HoldAction | None = None
    """What its assignment asks for, in the words that every version of resources knows.

    None if the action cannot be carried out yet.
    """

    counterpart: Counterpart | None = None

    @property
    def is_enabled(self) -> bool:
        """Whether blueprints for it can be published, and are carried out."""
        return self.hold is not None


CHANGING = FulfilmentRule(ServiceEffect.CHANGES, hold=HoldAction.RESERVE)
"""Versions of resources that know no business actions have no word for it, and must not run."""

BUSINESS_ACTIONS: Mapping[BusinessAction, FulfilmentRule] = MappingProxyType(
    {
        BusinessAction.NEW: FulfilmentRule(
            ServiceEffect.CREATES,
            hold=HoldAction.RESERVE,
            counterpart=Counterpart(
                BusinessAction.DISCONNECT, "products of it can never be disconnected"
            ),
        ),
        BusinessAction.CHANGE: CHANGING,
        BusinessAction.CHANGE_NUMBER: CHANGING,
        BusinessAction.SIM_SWAP: CHANGING,
        BusinessAction.TRANSFER: CHANGING,
        BusinessAction.MOVE: CHANGING,
        BusinessAction.SUSPEND: CHANGING,
        BusinessAction.RESUME: CHANGING,
        BusinessAction.RENEW: CHANGING,
        BusinessAction.CHANGE_PAYMENT: CHANGING,
        BusinessAction.BUNDLE_JOIN: CHANGING,
        BusinessAction.BUNDLE_LEAVE: CHANGING,
        BusinessAction.DISCONNECT: FulfilmentRule(
            ServiceEffect.ENDS,
            hold=HoldAction.PRE_RELEASE,
            counterpart=Counterpart(BusinessAction.NEW, "no product of it can exist"),
        ),
        BusinessAction.KEEP: FulfilmentRule(ServiceEffect.KEEPS),
    }
)

ENABLED_ACTIONS = tuple(action for action, rule in BUSINESS_ACTIONS.items() if rule.is_enabled)


def rule_of(item: HasAction) -> FulfilmentRule:
    """Return what the business action of an item means.

    Raises:
        PoisonError: if this version does not know it.
    """
    return BUSINESS_ACTIONS[business_action_of(item)]


def has_existing_service(item: HasAction) -> bool:
    """Tell whether an item changes or ends a service that exists before."""
    return rule_of(item).effect in EXISTING
