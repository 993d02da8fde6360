"""What each business action means to the customer's view: the only place that compares actions."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from shared.contracts import BusinessAction, HasAction, business_action_of


class ViewEffect(StrEnum):
    """What the view shows of a product and its service after an action."""

    SHOWN = "shown"
    """As the order that changed them last left them."""

    REMOVED = "removed"


BUSINESS_ACTIONS: Mapping[BusinessAction, ViewEffect] = MappingProxyType(
    {
        BusinessAction.NEW: ViewEffect.SHOWN,
        BusinessAction.CHANGE: ViewEffect.SHOWN,
        BusinessAction.CHANGE_NUMBER: ViewEffect.SHOWN,
        BusinessAction.SIM_SWAP: ViewEffect.SHOWN,
        BusinessAction.TRANSFER: ViewEffect.SHOWN,
        BusinessAction.MOVE: ViewEffect.SHOWN,
        BusinessAction.SUSPEND: ViewEffect.SHOWN,
        BusinessAction.RESUME: ViewEffect.SHOWN,
        BusinessAction.RENEW: ViewEffect.SHOWN,
        BusinessAction.CHANGE_PAYMENT: ViewEffect.SHOWN,
        BusinessAction.BUNDLE_JOIN: ViewEffect.SHOWN,
        BusinessAction.BUNDLE_LEAVE: ViewEffect.SHOWN,
        BusinessAction.DISCONNECT: ViewEffect.REMOVED,
        BusinessAction.KEEP: ViewEffect.SHOWN,
    }
)


def view_effect(change: HasAction) -> ViewEffect:
    """Return what the view shows after a change.

    Raises:
        PoisonError: if this version does not know its business action.
    """
    return BUSINESS_ACTIONS[business_action_of(change)]
