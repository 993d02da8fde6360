"""The service inventory: what runs in the network, and what it stands on."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias
from uuid import UUID

from services.provisioning.domain.blueprint.blueprint import StepKind
from services.provisioning.domain.plan.plan import Plan, PlanItem, StepState
from services.provisioning.domain.plan.templates import fill_text
from shared.contracts import Action, Characteristic, Held
from shared.contracts.message_parts import ElementName


class ServiceState(StrEnum):
    """Whether a service works (TMF638 `ServiceStateType`)."""

    ACTIVE = "active"
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
    """The client of the API whose order made it: whose it is."""


Inventory: TypeAlias = Mapping[UUID, Service]
"""The services that a plan changes or ends."""


def services_after(plan: Plan, inventory: Inventory, now: datetime) -> Iterator[Service]:
    """Yield the services as they are once a plan has completed."""
    for item in plan.items:
        if item.action is Action.ADD:
            yield active_service(plan, item, now)
            continue
        known = inventory[item.service_id]
        if item.action is Action.DELETE:
            yield terminated_service(known, plan, item, now)
        else:
            yield replace(active_service(plan, item, known.started_at), client=known.client)


def active_service(plan: Plan, item: PlanItem, started_at: datetime) -> Service:
    """Return the service that an item has made, or changed."""
    return Service(
        id=item.service_id,
        tenant=plan.tenant,
        local_network=plan.network_of(item),
        state=ServiceState.ACTIVE,
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
        elements=tuple(carrying_elements(plan, item)),
        started_at=started_at,
        ended_at=None,
        client=plan.client,
    )


def terminated_service(service: Service, plan: Plan, item: PlanItem, now: datetime) -> Service:
    """Return the service that an item has taken out of the network."""
    return replace(
        service,
        state=ServiceState.TERMINATED,
        order_id=plan.order_id,
        item_id=item.id,
        action=item.action,
        ended_at=now,
    )


def carrying_elements(plan: Plan, item: PlanItem) -> dict[ElementName, None]:
    """Return the elements that were changed for an item, each once, in the plan's order."""
    return {
        fill_text(step.blueprint.element, item): None
        for step in plan.steps
        if step.item_id == item.id
        and step.blueprint.kind is StepKind.ACTIVATE
        and step.state is StepState.DONE
    }
