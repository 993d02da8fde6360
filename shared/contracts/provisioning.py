"""Messages owned by the provisioning service."""

from uuid import UUID

from shared.contracts.base import Message, OrderMessage, published
from shared.contracts.message_parts import Action, MessagePart
from shared.contracts.resource_parts import FIRST_REQUEST, Held, ItemNeeds, reservation_key
from shared.ids import named_id

BLUEPRINT_NAMESPACE = UUID("0b5f4a53-5d0c-5b0e-8d0a-2f0c1c9f6e21")
"""Namespace of the keys of BlueprintsPublished."""


class BlueprintName(MessagePart, frozen=True, kw_only=True):
    """What a blueprint is for, and its newest version."""

    specification: str
    action: Action
    version: int
    business_action: str = ""
    """Empty in messages of earlier versions: then it follows from `action`."""


class CompletedService(MessagePart, frozen=True, kw_only=True):
    """The result for one order item's service in the network."""

    item_id: str
    action: Action
    product_id: UUID
    service_id: UUID
    specification: str
    blueprint_version: int
    held: tuple[Held, ...] = ()
    local_network: str = ""
    """The area code of its address, by resources; empty if it has no address."""

    business_action: str = ""
    """Empty in messages of earlier versions: then it follows from `action`."""

    pre_released: tuple[Held, ...] = ()
    """What the service gave up with this order, unless that is in `held`."""


@published("provisioning.assignment_requested", 1, to="resources")
class AssignmentRequested(OrderMessage, frozen=True, kw_only=True):
    """Asks resources to hold all that it names for the order, or nothing."""

    client: str
    """The client that placed the order: only it can reserve the numbers that it has selected."""

    items: tuple[ItemNeeds, ...]
    request_id: str = FIRST_REQUEST
    """The request, unique in its order. The answer repeats it."""

    @property
    def request_name(self) -> str:
        """The request; empty for the first, whose message ids have none."""
        return "" if self.request_id == FIRST_REQUEST else self.request_id


@published("provisioning.release_requested", 1, to="resources")
class ReleaseRequested(OrderMessage, frozen=True, kw_only=True):
    """Asks resources to undo an assignment of the order. Undoes AssignmentRequested."""

    request_id: str = FIRST_REQUEST
    """The request for the assignment. The answer repeats it."""

    held: tuple[Held, ...] = ()
    """What is to be released; empty with the first request for all that the order holds."""

    @property
    def request_name(self) -> str:
        """The request; empty for the first, whose message ids have none."""
        return "" if self.request_id == FIRST_REQUEST else self.request_id


@published("provisioning.service_completed", 1)
class ServiceCompleted(OrderMessage, frozen=True, kw_only=True):
    """Every service of the order is active or removed, as ordered."""

    services: tuple[CompletedService, ...]


@published("provisioning.service_failed", 1)
class ServiceFailed(OrderMessage, frozen=True, kw_only=True):
    """The order's services cannot be provided, and every started step is undone."""

    code: str
    reason: str
    step: str = ""
    """The step of the plan that failed; empty if none had started."""


@published("provisioning.service_held", 1, undone_by="provisioning.service_resumed.v1")
class ServiceHeld(OrderMessage, frozen=True, kw_only=True):
    """The plan stopped at a step in fallout: a person must resolve it."""

    step: str
    code: str
    reason: str


@published("provisioning.service_resumed", 1)
class ServiceResumed(OrderMessage, frozen=True, kw_only=True):
    """A person resolved the fallout; the plan continues. Undoes ServiceHeld."""

    step: str


@published("provisioning.reservation_answered", 1)
class ReservationAnswered(Message, frozen=True, kw_only=True):
    """Whether a plan needs the reservation of its order."""

    order_id: UUID
    question_id: UUID
    is_needed: bool
    plan: str = ""
    """The state of the plan; empty if the order has none."""

    needs: tuple[Held, ...] | None = None
    """What the plan needs of the reservation; null for all of it, if `is_needed`."""

    @property
    def key(self) -> UUID:
        """The reservation."""
        return reservation_key(self.order_id)


@published("provisioning.blueprints_published", 1)
class BlueprintsPublished(Message, frozen=True, kw_only=True):
    """All blueprints of a tenant, or all that tenants share, from now on."""

    owner_tenant: str
    """Empty for the blueprints that all tenants share."""

    blueprints: tuple[BlueprintName, ...]

    @property
    def key(self) -> UUID:
        """The tenant."""
        return named_id(BLUEPRINT_NAMESPACE, self.owner_tenant)
