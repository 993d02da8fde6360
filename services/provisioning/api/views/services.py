"""Views of services (TMF638 v4)."""

from datetime import datetime
from typing import Literal
from urllib.parse import quote
from uuid import UUID

from pydantic import ConfigDict, Field

from services.provisioning.api.examples import services as examples
from services.provisioning.api.views.elements import ELEMENTS_PATH
from services.provisioning.domain.service import Service, ServiceState
from shared.contracts import Held, Value
from shared.http import href_of
from shared.http.collection_paths import (
    ADDRESSES_PATH,
    CUSTOMERS_PATH,
    NUMBERS_PATH,
    POOLS_PATH,
    PRODUCTS_PATH,
    SERVICES_PATH,
)
from shared.http.views import TmfBaseView

NUMBER_KIND = "number"
VALUE_TYPES = {str: "string", int: "integer", bool: "boolean"}


class SpecificationRef(TmfBaseView):
    """The specification of the service, and the version of its last blueprint."""

    id: str
    version: str


class ServiceCharacteristic(TmfBaseView):
    """One of its characteristics."""

    name: str
    value_type: str
    value: Value


class ResourceRef(TmfBaseView):
    """A resource that it uses: an item of a resource pool, or a network element."""

    id: str
    href: str | None = None
    name: str
    """The kind of resource: `number`, `leg`, ...; `element`."""

    referred_type: Literal["LogicalResource", "NetworkElement"] = Field(alias="@referredType")


class PartyRef(TmfBaseView):
    """The customer."""

    id: str
    href: str
    role: Literal["customer"] = "customer"
    referred_type: Literal["Party"] = Field("Party", alias="@referredType")


class PlaceRef(TmfBaseView):
    """The installation address."""

    id: str
    href: str
    role: Literal["installation address"] = "installation address"


class OrderItemRef(TmfBaseView):
    """The order item that changed it last."""

    service_order_id: UUID
    item_id: str
    item_action: str
    role: Literal["last change"] = "last change"


class RelatedProduct(TmfBaseView):
    """The product that it realizes."""

    id: UUID
    href: str
    role: Literal["product"] = "product"
    referred_type: Literal["Product"] = Field("Product", alias="@referredType")


class ServiceView(TmfBaseView):
    """A service in the network (TMF638 `Service`)."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.SERVICE]})

    id: UUID
    href: str
    type: Literal["Service"] = Field("Service", alias="@type")
    name: str
    category: Literal["CFS"] = "CFS"
    service_type: str
    state: ServiceState
    is_service_enabled: bool
    has_started: bool
    start_date: datetime
    end_date: datetime | None = None
    service_specification: SpecificationRef
    service_characteristic: tuple[ServiceCharacteristic, ...]
    supporting_resource: tuple[ResourceRef, ...]
    related_party: tuple[PartyRef, ...]
    related_entity: tuple[RelatedProduct, ...]
    place: tuple[PlaceRef, ...]
    service_order_item: tuple[OrderItemRef, ...]

    @classmethod
    def of(cls, service: Service) -> "ServiceView":
        """Show a service."""
        is_active = service.state is ServiceState.ACTIVE
        return cls(
            id=service.id,
            href=f"{SERVICES_PATH}/{service.id}",
            name=service.specification,
            service_type=service.specification,
            state=service.state,
            is_service_enabled=is_active,
            has_started=is_active,
            start_date=service.started_at,
            end_date=service.ended_at,
            service_specification=SpecificationRef(
                id=service.specification, version=str(service.blueprint_version)
            ),
            service_characteristic=characteristic_views(service),
            supporting_resource=resource_refs(service),
            related_party=(PartyRef(id=service.customer_id, href=customer_link(service)),),
            related_entity=(
                RelatedProduct(
                    id=service.product_id, href=href_of(PRODUCTS_PATH, service.product_id)
                ),
            ),
            place=place_refs(service),
            service_order_item=(
                OrderItemRef(
                    service_order_id=service.order_id,
                    item_id=service.item_id,
                    item_action=service.action,
                ),
            ),
        )


def customer_link(service: Service) -> str:
    """Return the link to a service's customer in the customer service."""
    return f"{href_of(CUSTOMERS_PATH, service.customer_id)}/view"


def place_refs(service: Service) -> tuple[PlaceRef, ...]:
    """Return the address of a service, if it has one."""
    id_ = service.address_id
    return (PlaceRef(id=id_, href=href_of(ADDRESSES_PATH, id_)),) if id_ else ()


def characteristic_views(service: Service) -> tuple[ServiceCharacteristic, ...]:
    """Show the characteristics of a service."""
    return tuple(
        ServiceCharacteristic(
            name=each.name, value_type=VALUE_TYPES[type(each.value)], value=each.value
        )
        for each in service.characteristics
    )


def resource_refs(service: Service) -> tuple[ResourceRef, ...]:
    """Return the resources and network elements that a service uses."""
    held = [
        ResourceRef(
            id=each.value, href=resource_link(each), name=each.kind, referred_type="LogicalResource"
        )
        for each in service.held
    ]
    elements = [
        ResourceRef(
            id=name,
            href=href_of(ELEMENTS_PATH, name),
            name="element",
            referred_type="NetworkElement",
        )
        for name in service.elements
    ]
    return (*held, *elements)


def resource_link(held: Held) -> str | None:
    """Return the link to a resource; a holding without a pool, from an older release, has none."""
    if held.kind == NUMBER_KIND:
        return href_of(NUMBERS_PATH, held.value)
    pool = f"{href_of(f'{POOLS_PATH}/{held.kind}', held.pool)}/things"
    return f"{pool}/{quote(held.value)}" if held.pool else None
