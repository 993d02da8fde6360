"""What each business action means to the order service: the only place that compares actions."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple

from shared.contracts import (
    MEANT_BY,
    TMF_ACTIONS,
    BusinessAction,
    HasAction,
    business_action_of,
)


class ProductEffect(StrEnum):
    """What an order item does to its product in the installed base."""

    CREATES = "creates"
    CHANGES = "changes"
    ENDS = "ends"
    KEEPS = "keeps"


class MissingBlueprint(NamedTuple):
    """What follows for an offering on sale if no blueprint carries out an action."""

    code: str
    reason: str
    refuses_sale: bool
    """The offering is not published; else it is published with a warning."""


class OrderRule(NamedTuple):
    """What a business action means to the order service."""

    effect: ProductEffect
    is_enabled: bool = False
    """Orders may request it."""

    missing_blueprint: MissingBlueprint | None = None
    """None if an offering can be sold without it."""


BUSINESS_ACTIONS: Mapping[BusinessAction, OrderRule] = MappingProxyType(
    {
        BusinessAction.NEW: OrderRule(
            ProductEffect.CREATES,
            is_enabled=True,
            missing_blueprint=MissingBlueprint(
                "not-deliverable",
                "no blueprint delivers its products: every order would fail",
                refuses_sale=True,
            ),
        ),
        BusinessAction.CHANGE: OrderRule(ProductEffect.CHANGES),
        BusinessAction.DISCONNECT: OrderRule(
            ProductEffect.ENDS,
            is_enabled=True,
            missing_blueprint=MissingBlueprint(
                "never-given-up",
                "no blueprint disconnects its products: they can never be disconnected",
                refuses_sale=False,
            ),
        ),
        BusinessAction.KEEP: OrderRule(ProductEffect.KEEPS),
    }
)

NEEDED_BLUEPRINTS: Mapping[BusinessAction, MissingBlueprint] = MappingProxyType(
    {
        action: rule.missing_blueprint
        for action, rule in BUSINESS_ACTIONS.items()
        if rule.missing_blueprint
    }
)
"""The business actions that an offering on sale needs a blueprint for."""

ENABLED_ACTIONS = tuple(action for action, rule in BUSINESS_ACTIONS.items() if rule.is_enabled)


def product_effect(item: HasAction) -> ProductEffect:
    """Return what an accepted item does to its product.

    Raises:
        PoisonError: if this version does not know its business action.
    """
    return BUSINESS_ACTIONS[business_action_of(item)].effect


REQUESTED_ACTIONS: Mapping[tuple[str, str], BusinessAction] = MappingProxyType(
    {(TMF_ACTIONS[each].value, each.value): each for each in ENABLED_ACTIONS}
    | {(tmf.value, ""): each for tmf, each in MEANT_BY.items() if each in ENABLED_ACTIONS}
)
"""The enabled actions by TMF622 action and name; the name is empty for what the former means."""


def enabled_actions(tmf_action: str) -> list[BusinessAction]:
    """Return the enabled business actions that have this TMF622 action."""
    return [each for each in ENABLED_ACTIONS if TMF_ACTIONS[each] == tmf_action]


def requested_action(tmf_action: str, name: str) -> BusinessAction | None:
    """Return the business action that a request means; None if that is not enabled.

    Args:
        tmf_action: the TMF622 action.
        name: the name of the business action; without a valid one the TMF622 action decides.
    """
    return REQUESTED_ACTIONS.get((tmf_action, name)) or REQUESTED_ACTIONS.get((tmf_action, ""))
