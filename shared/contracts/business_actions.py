"""How TMF622 carries the business actions, and how a part of a message names its own."""

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Protocol

from shared.contracts.message_parts import Action, BusinessAction
from shared.errors import PoisonError

TMF_ACTIONS: Mapping[BusinessAction, Action] = MappingProxyType(
    {
        BusinessAction.NEW: Action.ADD,
        BusinessAction.CHANGE: Action.MODIFY,
        BusinessAction.CHANGE_NUMBER: Action.MODIFY,
        BusinessAction.SIM_SWAP: Action.MODIFY,
        BusinessAction.TRANSFER: Action.MODIFY,
        BusinessAction.MOVE: Action.MODIFY,
        BusinessAction.SUSPEND: Action.MODIFY,
        BusinessAction.RESUME: Action.MODIFY,
        BusinessAction.RENEW: Action.MODIFY,
        BusinessAction.CHANGE_PAYMENT: Action.MODIFY,
        BusinessAction.BUNDLE_JOIN: Action.MODIFY,
        BusinessAction.BUNDLE_LEAVE: Action.MODIFY,
        BusinessAction.DISCONNECT: Action.DELETE,
        BusinessAction.KEEP: Action.NO_CHANGE,
    }
)
"""The TMF622 action of each business action. Several may have the same."""

MEANT_BY: Mapping[Action, BusinessAction] = MappingProxyType(
    {
        Action.ADD: BusinessAction.NEW,
        Action.MODIFY: BusinessAction.CHANGE,
        Action.DELETE: BusinessAction.DISCONNECT,
        Action.NO_CHANGE: BusinessAction.KEEP,
    }
)
"""The business action that a TMF622 action means if none is named."""

BY_NAME: Mapping[str, BusinessAction] = MappingProxyType(
    {each.value: each for each in BusinessAction}
)


class HasAction(Protocol):
    """A part of a message, or a stored value, with its action in both forms."""

    @property
    def action(self) -> Action:
        """The TMF622 action."""

    @property
    def business_action(self) -> str:
        """The name of the business action; empty in what an earlier version wrote."""


def business_action_name(part: HasAction) -> str:
    """Return the name of a part's business action, perhaps one that this version does not know."""
    return part.business_action or MEANT_BY[part.action]


def business_action_of(part: HasAction) -> BusinessAction:
    """Return the business action of a part.

    Raises:
        PoisonError: if this version does not know it, or its TMF622 action is another one.
    """
    return _business_action(part.action, part.business_action)


@cache  # asked for each item by each service; only known actions are kept
def _business_action(action: Action, name: str) -> BusinessAction:
    found = parse_business_action(name or MEANT_BY[action])
    if TMF_ACTIONS[found] is not action:
        msg = f"the action of {found} is {TMF_ACTIONS[found]}, not {action}"
        raise PoisonError(msg)
    return found


def parse_business_action(name: str) -> BusinessAction:
    """Return the business action with this name.

    Raises:
        PoisonError: if this version does not know it.
    """
    if found := find_business_action(name):
        return found
    msg = f"the business action {name} is unknown; deploy a version that has it, then retry"
    raise PoisonError(msg)


def find_business_action(name: str) -> BusinessAction | None:
    """Return the business action with this name; None if this version does not know it."""
    return BY_NAME.get(name)
