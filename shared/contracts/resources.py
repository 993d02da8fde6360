"""Messages owned by the resources service."""

from shared.contracts.base import OrderMessage, told
from shared.contracts.parts import ItemHoldings, RefusalCode


@told("resources.assigned", 1)
class ResourcesAssigned(OrderMessage, frozen=True, kw_only=True):
    """Everything the order needs is held for it, and for no other."""

    items: tuple[ItemHoldings, ...]


@told("resources.refused", 1)
class ResourcesRefused(OrderMessage, frozen=True, kw_only=True):
    """Not everything the order needs can be had; nothing is held."""

    code: RefusalCode
    reason: str
    item_id: str = ""
    """The first item for which something is missing."""


@told("resources.released", 1)
class ResourcesReleased(OrderMessage, frozen=True, kw_only=True):
    """What the order held is free again, what it gave back is in use again."""
