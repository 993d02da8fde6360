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
    SUSPENDS = "suspends"
    """It is barred for one more reason."""

    RESUMES = "resumes"
    """It is barred for one reason less."""

    ENDS = "ends"
    KEEPS = "keeps"


ON_EXISTING = frozenset(ProductEffect) - {ProductEffect.CREATES, ProductEffect.KEEPS}
"""The effects that change or end a product that exists before."""


class ProductPart(StrEnum):
    """A part of a product that an action may change, beside the characteristics.

    Which action changes a characteristic is in its rule in the catalogue.
    """

    OFFERING = "offering"
    """The offering, and with it the price."""

    ADDRESS = "address"
    CUSTOMER = "customer"
    """The customer, with the account: the order is the new one's."""

    BUNDLE = "bundle"
    """Whether it is in a bundle, and in which one."""

    PAYMENT = "payment"
    """The account and the payment mode: those that the order states."""


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

    changes: frozenset[ProductPart] = frozenset()
    """What an item may state differently from its product."""

    is_priced_anew: bool = False
    """Whether the product has the prices of the order from then on; else they stay."""

    chooses_anew: bool = False
    """Whether a characteristic that it changes, and an item does not state, is chosen anew."""

    while_suspended: bool = False
    """Whether suspended products can be changed so; the reasons may allow other actions."""

    joins_bundle: bool = False
    """Whether its items are nested in that of a bundle, whose member the product becomes."""

    renews_commitment: bool = False
    """Whether another term of the offering's commitment follows that of the product."""

    takes_bundle_along: bool = False
    """Whether an order for a product must have it for the other products of its bundle, too."""

    takes_dependents_along: bool = False
    """Whether an order for a product must have it for the products that rely on it, too."""


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
        BusinessAction.CHANGE: OrderRule(
            ProductEffect.CHANGES,
            is_enabled=True,
            changes=frozenset({ProductPart.OFFERING}),
            is_priced_anew=True,
        ),
        BusinessAction.CHANGE_NUMBER: OrderRule(
            ProductEffect.CHANGES, is_enabled=True, is_priced_anew=True, chooses_anew=True
        ),
        BusinessAction.SIM_SWAP: OrderRule(ProductEffect.CHANGES, is_enabled=True),
        BusinessAction.TRANSFER: OrderRule(
            ProductEffect.CHANGES,
            is_enabled=True,
            changes=frozenset({ProductPart.CUSTOMER}),
            takes_bundle_along=True,
            takes_dependents_along=True,
        ),
        BusinessAction.MOVE: OrderRule(
            ProductEffect.CHANGES,
            is_enabled=True,
            changes=frozenset({ProductPart.ADDRESS}),
            takes_dependents_along=True,
        ),
        BusinessAction.SUSPEND: OrderRule(
            ProductEffect.SUSPENDS, is_enabled=True, while_suspended=True
        ),
        BusinessAction.RESUME: OrderRule(
            ProductEffect.RESUMES, is_enabled=True, while_suspended=True
        ),
        BusinessAction.RENEW: OrderRule(
            ProductEffect.CHANGES,
            is_enabled=True,
            renews_commitment=True,
        ),
        BusinessAction.CHANGE_PAYMENT: OrderRule(
            ProductEffect.CHANGES,
            is_enabled=True,
            changes=frozenset({ProductPart.PAYMENT}),
        ),
        BusinessAction.BUNDLE_JOIN: OrderRule(
            ProductEffect.CHANGES,
            is_enabled=True,
            changes=frozenset({ProductPart.BUNDLE}),
            is_priced_anew=True,
            joins_bundle=True,
            takes_bundle_along=True,
        ),
        BusinessAction.BUNDLE_LEAVE: OrderRule(
            ProductEffect.CHANGES,
            is_enabled=True,
            changes=frozenset({ProductPart.BUNDLE}),
            is_priced_anew=True,
            takes_bundle_along=True,
        ),
        BusinessAction.DISCONNECT: OrderRule(
            ProductEffect.ENDS,
            is_enabled=True,
            while_suspended=True,
            takes_bundle_along=True,
            takes_dependents_along=True,
            missing_blueprint=MissingBlueprint(
                "never-given-up",
                "no blueprint disconnects its products: they can never be disconnected",
                refuses_sale=False,
            ),
        ),
        BusinessAction.KEEP: OrderRule(ProductEffect.KEEPS),
    }
)

NEW_INSTALLATION = BusinessAction.NEW
"""The action with which one-time prices are due that name none."""

NEW_BUNDLE = TMF_ACTIONS[NEW_INSTALLATION]
"""The TMF622 action of a bundle's item; those of its members differ if products join it."""

ORDINARY_CHANGE = BusinessAction.CHANGE
"""The action that changes characteristics whose rule names none."""

NEEDED_BLUEPRINTS: Mapping[BusinessAction, MissingBlueprint] = MappingProxyType(
    {
        action: rule.missing_blueprint
        for action, rule in BUSINESS_ACTIONS.items()
        if rule.missing_blueprint
    }
)
"""The business actions that an offering on sale needs a blueprint for."""

ENABLED_ACTIONS = tuple(action for action, rule in BUSINESS_ACTIONS.items() if rule.is_enabled)
JOINING_ACTIONS = tuple(each for each in ENABLED_ACTIONS if BUSINESS_ACTIONS[each].joins_bundle)
"""The business actions by which existing products become members of a bundle."""


def rule_of(item: HasAction) -> OrderRule:
    """Return the rule for an accepted item.

    Raises:
        PoisonError: if this version does not know its business action.
    """
    return BUSINESS_ACTIONS[business_action_of(item)]


def product_effect(item: HasAction) -> ProductEffect:
    """Return what an accepted item does to its product.

    Raises:
        PoisonError: if this version does not know its business action.
    """
    return rule_of(item).effect


REQUESTED_ACTIONS: Mapping[tuple[str, str], BusinessAction] = MappingProxyType(
    {(TMF_ACTIONS[each].value, each.value): each for each in ENABLED_ACTIONS}
    | {(tmf.value, ""): each for tmf, each in MEANT_BY.items() if each in ENABLED_ACTIONS}
)
"""The enabled actions by TMF622 action and name; the name is empty for what the former means."""


def is_giving(rule: OrderRule) -> bool:
    """Tell whether an action gives the customer of its order a product."""
    return rule.effect is ProductEffect.CREATES or ProductPart.CUSTOMER in rule.changes


GIVING_ACTIONS = tuple(each for each in ENABLED_ACTIONS if is_giving(BUSINESS_ACTIONS[each]))
"""The enabled business actions that give the customer of their order a product."""


def gives_product(item: HasAction) -> bool:
    """Tell whether an accepted item gives the customer of its order a product.

    Raises:
        PoisonError: if this version does not know its business action.
    """
    return is_giving(rule_of(item))


def is_ending(item: HasAction) -> bool:
    """Tell whether an accepted item ends its product.

    Raises:
        PoisonError: if this version does not know its business action.
    """
    return product_effect(item) is ProductEffect.ENDS


def actions_changing(part: ProductPart) -> list[BusinessAction]:
    """Return the enabled business actions that change a part of a product."""
    return [each for each in ENABLED_ACTIONS if part in BUSINESS_ACTIONS[each].changes]


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
