"""The service inventory: the services in the network, and the resources they hold."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias
from uuid import UUID

from services.provisioning.domain.blueprint.blueprint import StepKind
from services.provisioning.domain.business_actions import (
    ServiceEffect,
    has_existing_service,
    rule_of,
)
from services.provisioning.domain.plan.plan import Plan, PlanItem, StepState
from services.provisioning.domain.plan.planner import ExistingService, ExistingServices
from services.provisioning.domain.plan.templates import characteristic_value, values_of_step
from shared.contracts import (
    BAR_CHARACTERISTIC,
    NO_BAR,
    Action,
    Characteristic,
    Held,
    OrderAccepted,
)
from shared.contracts.message_parts import ElementName
from shared.errors import EarlyMessageError


class ServiceState(StrEnum):
    """The state of a service (TMF638 `ServiceStateType`)."""

    ACTIVE = "active"
    INACTIVE = "inactive"
    """It is barred: its product is suspended."""

    TERMINATED = "terminated"


@dataclass(frozen=True, slots=True)
class Service:
    """One service in the network."""

    id: UUID
    tenant: str
    local_network: str
    state: ServiceState
    specification: str
    blueprint_version: int
    catalogue_version: int
    customer_id: str
    product_id: UUID
    order_id: UUID
    """The order that changed it last."""

    item_id: str
    action: Action
    address_id: str
    characteristics: tuple[Characteristic, ...]
    held: tuple[Held, ...]
    elements: tuple[ElementName, ...]
    """The network elements that carry it."""

    started_at: datetime
    ended_at: datetime | None
    client: str
    """The API client whose order made it: its owner."""


Inventory: TypeAlias = Mapping[UUID, Service]
"""The existing services that an order concerns."""


def require_existing(found: Mapping[UUID, Service | None]) -> Inventory:
    """Return the existing services that an order concerns.

    Raises:
        EarlyMessageError: if one does not exist yet: the order that creates it completes later.
    """
    existing = {}
    for id_, service in found.items():
        if service is None:
            msg = f"service {id_} does not exist yet"
            raise EarlyMessageError(msg)
        existing[id_] = service
    return existing


def check_follows(order: OrderAccepted, inventory: Inventory) -> None:
    """Check that the services are as the orders left them that this one follows.

    Raises:
        EarlyMessageError: if one is not: the order before completes later. After a restore their
            messages are consumed again in any order.
    """
    for item in order.items:
        service = inventory.get(item.service_id)
        if service and item.follows and service.order_id != item.follows:
            msg = f"service {service.id} is changed by order {item.follows} first"
            raise EarlyMessageError(msg)


def existing_services(services: Inventory) -> ExistingServices:
    """Return what a plan needs to know of these services."""
    return {id_: ExistingService(each.characteristics, each.held) for id_, each in services.items()}


def changed_service_ids(plan: Plan) -> list[UUID]:
    """Return the ids of the services that a plan changes or ends."""
    return [item.service_id for item in plan.items if has_existing_service(item)]


def services_after(plan: Plan, inventory: Inventory, now: datetime) -> Iterator[Service]:
    """Yield the services as they are after a plan has completed."""
    for item in plan.items:
        match rule_of(item).effect:
            case ServiceEffect.CREATES:
                yield active_service(plan, item, now)
            case ServiceEffect.CHANGES:
                yield changed_service(inventory[item.service_id], plan, item)
            case ServiceEffect.ENDS:
                yield terminated_service(inventory[item.service_id], plan, item, now)
            case ServiceEffect.KEEPS:
                pass


def active_service(plan: Plan, item: PlanItem, started_at: datetime) -> Service:
    """Return the service that an item has created or changed."""
    return Service(
        id=item.service_id,
        tenant=plan.tenant,
        local_network=plan.local_network_of(item),
        state=ServiceState.INACTIVE if is_barred(item) else ServiceState.ACTIVE,
        specification=item.specification,
        blueprint_version=item.blueprint_version,
        catalogue_version=item.catalogue_version,
        customer_id=plan.customer_id,
        product_id=item.product_id,
        order_id=plan.order_id,
        item_id=item.id,
        action=item.action,
        address_id=item.address_id,
        characteristics=item.characteristics,
        held=item.held,
        elements=tuple(changed_elements(plan, item)),
        started_at=started_at,
        ended_at=None,
        client=plan.client,
    )


def is_barred(item: PlanItem) -> bool:
    """Tell whether a service is barred after an item, in one direction or both."""
    return characteristic_value(BAR_CHARACTERISTIC, item.characteristics) not in {None, NO_BAR}


def changed_service(service: Service, plan: Plan, item: PlanItem) -> Service:
    """Return the service that an item has changed.

    The elements that only resources lead to which it gives up no longer carry it.
    """
    left = {each.element for each in item.pre_released} - {each.element for each in item.held}
    kept = (each for each in service.elements if each not in left)
    changed = (each for each in changed_elements(plan, item) if each not in left)
    return replace(
        active_service(plan, item, service.started_at),
        client=service.client,
        elements=tuple(dict.fromkeys((*kept, *changed))),
    )


def terminated_service(service: Service, plan: Plan, item: PlanItem, now: datetime) -> Service:
    """Return the service that an item has terminated."""
    return replace(
        service,
        state=ServiceState.TERMINATED,
        order_id=plan.order_id,
        item_id=item.id,
        action=item.action,
        ended_at=now,
    )


def changed_elements(plan: Plan, item: PlanItem) -> dict[ElementName, None]:
    """Return the elements that were changed for an item, each once, in the plan's order."""
    return {
        values_of_step(step, item).element: None
        for step in plan.steps
        if step.item_id == item.id
        and step.blueprint.kind is StepKind.ACTIVATE
        and step.state is StepState.DONE
    }
