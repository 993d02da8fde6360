"""Messages owned by the provisioning service."""

from uuid import UUID

from shared.contracts.base import Message, OrderMessage, published
from shared.contracts.message_parts import (
    BlueprintName,
    CompletedService,
    Held,
    ItemNeeds,
    reservation_key,
)
from shared.ids import named_id

BLUEPRINT_NAMESPACE = UUID("0b5f4a53-5d0c-5b0e-8d0a-2f0c1c9f6e21")
"""Names the keys of what is told of tenants' blueprints."""


@published("provisioning.assignment_requested", 1, to="resources")
class AssignmentRequested(OrderMessage, frozen=True, kw_only=True):
    """Resources is to hold all that the order needs, or nothing."""

    client: str
    """Who placed the order: numbers it has selected are its own to reserve."""

    items: tuple[ItemNeeds, ...]


@published("provisioning.release_requested", 1, to="resources")
class ReleaseRequested(OrderMessage, frozen=True, kw_only=True):
    """Resources is to undo what it did for the order. Undoes AssignmentRequested."""


@published("provisioning.service_completed", 1)
class ServiceCompleted(OrderMessage, frozen=True, kw_only=True):
    """Every service of the order works, or is gone, as ordered."""

    services: tuple[CompletedService, ...]


@published("provisioning.service_failed", 1)
class ServiceFailed(OrderMessage, frozen=True, kw_only=True):
    """The order's services cannot be had, and all that was begun is undone."""

    code: str
    reason: str
    step: str = ""
    """The step of the plan that failed; empty when none had begun."""


@published("provisioning.service_held", 1, undone_by="provisioning.service_resumed.v1")
class ServiceHeld(OrderMessage, frozen=True, kw_only=True):
    """The plan stopped at a step that people must look at (fallout)."""

    step: str
    code: str
    reason: str


@published("provisioning.service_resumed", 1)
class ServiceResumed(OrderMessage, frozen=True, kw_only=True):
    """People have looked; the plan goes on. Undoes ServiceHeld."""

    step: str


@published("provisioning.reservation_answered", 1)
class ReservationAnswered(Message, frozen=True, kw_only=True):
    """Whether a plan needs what is reserved for its order."""

    order_id: UUID
    question_id: UUID
    is_needed: bool
    plan: str = ""
    """The state of the plan; empty where the order has none."""

    needs: tuple[Held, ...] | None = None
    """What of it the plan needs; null for all, where `is_needed` says so."""

    @property
    def key(self) -> UUID:
        """The reservation."""
        return reservation_key(self.order_id)


@published("provisioning.blueprints_published", 1)
class BlueprintsPublished(Message, frozen=True, kw_only=True):
    """All that a tenant, or all tenants together, can have carried out from now on."""

    owner_tenant: str
    """Empty for what all tenants share."""

    blueprints: tuple[BlueprintName, ...]

    @property
    def key(self) -> UUID:
        """The tenant."""
        return named_id(BLUEPRINT_NAMESPACE, self.owner_tenant)
