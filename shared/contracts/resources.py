"""Messages owned by the resources service."""

from uuid import UUID

from shared.contracts.base import Message, OrderMessage, published
from shared.contracts.resource_parts import (
    FIRST_REQUEST,
    Held,
    ItemHoldings,
    RefusalCode,
    reservation_key,
)
from shared.ids import named_id

POOL_KIND_NAMESPACE = UUID("c1d5a3c6-4a0e-5b7f-9a52-3f3b8a1e7d20")
"""Namespace of the keys of PoolKindsPublished."""


@published("resources.assigned", 1)
class ResourcesAssigned(OrderMessage, frozen=True, kw_only=True):
    """Everything that a request names is held for its order, and for no other."""

    items: tuple[ItemHoldings, ...]
    request_id: str = FIRST_REQUEST


@published("resources.refused", 1)
class ResourcesRefused(OrderMessage, frozen=True, kw_only=True):
    """Something that a request names is not available; nothing is held for the request."""

    code: RefusalCode
    reason: str
    item_id: str = ""
    """The first item for which something is missing."""

    request_id: str = FIRST_REQUEST


@published("resources.released", 1)
class ResourcesReleased(OrderMessage, frozen=True, kw_only=True):
    """What an order had reserved is free again; what it had pre-released is in use again."""

    request_id: str = FIRST_REQUEST
    held: tuple[Held, ...] = ()
    """What was released; empty with the first request for all that the order held."""


@published("resources.reservation_questioned", 1)
class ReservationQuestioned(Message, frozen=True, kw_only=True):
    """Asks provisioning whether a plan needs the reservation of an order."""

    order_id: UUID
    question_id: UUID
    """Repeated in the answer."""

    @property
    def key(self) -> UUID:
        """The reservation."""
        return reservation_key(self.order_id)


@published("resources.pool_kinds_published", 1)
class PoolKindsPublished(Message, frozen=True, kw_only=True):
    """All kinds of resources that a tenant has published, or all of the release, from now on."""

    owner_tenant: str
    """Empty for the kinds of the release."""

    kinds: tuple[str, ...]
    """Their names, sorted."""

    @property
    def key(self) -> UUID:
        """The tenant."""
        return named_id(POOL_KIND_NAMESPACE, self.owner_tenant)
