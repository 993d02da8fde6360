"""The service inventory (TMF638 v4), to read."""

from datetime import datetime
from typing import Annotated, Literal
from urllib.parse import quote
from uuid import UUID

from fastapi import Query, Response
from pydantic import ConfigDict, Field

from services.provisioning.api.examples import bodies
from services.provisioning.api.routes.elements import ELEMENTS_PATH
from services.provisioning.api.views.base import ServiceReader, TmfBaseView
from services.provisioning.domain.service import Service, ServiceState
from services.provisioning.store import services as store
from shared.access.access_rule import data_scope_of
from shared.contracts import Held, Value
from shared.http import (
    FieldsDep,
    PageDep,
    ReadSessionDep,
    Router,
    href_of,
    list_response,
    paginate,
    view_response,
)
from shared.input.ids import RequiredId
from shared.persistence.list_window import key_attributes

CUSTOMERS_PATH = "/ops/v1/customers"
"""Of the customer service."""

PRODUCTS_PATH = "/tmf-api/productInventory/v4/product"
"""Of the order service."""

ADDRESSES_PATH, NUMBERS_PATH, POOLS_PATH = "/ops/v1/addresses", "/ops/v1/numbers", "/ops/v1/pools"
"""Of the resources service."""

NUMBER_KIND = "number"
SERVICES_PATH = "/tmf-api/serviceInventory/v4/service"

router = Router(tags=["services"])


class SpecificationRef(TmfBaseView):
    """What kind of service it is, and by which blueprint it was made or changed last."""

    id: str
    version: str


class ServiceCharacteristic(TmfBaseView):
    """What was chosen of it."""

    name: str
    value_type: str
    value: Value


class ResourceRef(TmfBaseView):
    """What it stands on: things of the resource pools, and network elements."""

    id: str
    href: str | None = None
    name: str
    """The kind of thing: `number`, `leg`, ...; `element`."""

    referred_type: Literal["LogicalResource", "NetworkElement"] = Field(alias="@referredType")


class PartyRef(TmfBaseView):
    """Whose it is."""

    id: str
    href: str
    role: Literal["customer"] = "customer"
    referred_type: Literal["Party"] = Field("Party", alias="@referredType")


class PlaceRef(TmfBaseView):
    """Where it is."""

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
    """The product that it makes real."""

    id: UUID
    href: str
    role: Literal["product"] = "product"
    referred_type: Literal["Product"] = Field("Product", alias="@referredType")


class ServiceView(TmfBaseView):
    """A service in the network (TMF638 `Service`)."""

    model_config = ConfigDict(json_schema_extra={"examples": [bodies.SERVICE]})

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
    """Return where the customer service shows whose a service is."""
    return f"{href_of(CUSTOMERS_PATH, service.customer_id)}/view"


def place_refs(service: Service) -> tuple[PlaceRef, ...]:
    """Show where a service is, if it is anywhere."""
    id_ = service.address_id
    return (PlaceRef(id=id_, href=href_of(ADDRESSES_PATH, id_)),) if id_ else ()


VALUE_TYPES = {str: "string", int: "integer", bool: "boolean"}


def characteristic_views(service: Service) -> tuple[ServiceCharacteristic, ...]:
    """Show what was chosen of a service."""
    return tuple(
        ServiceCharacteristic(
            name=each.name, value_type=VALUE_TYPES[type(each.value)], value=each.value
        )
        for each in service.characteristics
    )


def resource_refs(service: Service) -> tuple[ResourceRef, ...]:
    """Show what a service stands on."""
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
    """Return where resources shows a thing; what was held before pools were told has no link."""
    if held.kind == NUMBER_KIND:
        return href_of(NUMBERS_PATH, held.value)
    pool = f"{href_of(f'{POOLS_PATH}/{held.kind}', held.pool)}/things"
    return f"{pool}/{quote(held.value)}" if held.pool else None


@router.get(SERVICES_PATH, response_model=list[ServiceView])
def list_services(  # noqa: PLR0913  each is a part of the request
    *,
    caller: ServiceReader,
    session: ReadSessionDep,
    page: PageDep,
    fields: FieldsDep,
    response: Response,
    customer_id: Annotated[RequiredId | None, Query(alias="relatedParty.id")] = None,
    state: ServiceState | None = None,
) -> Response:
    """Return services, by customer."""
    wanted = store.ServiceFilter(customer_id, state)
    found = store.find(session, data_scope_of(caller), wanted, page.window)
    page_shown = paginate(response, page, found, keys=key_attributes("customer_id", "id"))
    shown = [ServiceView.of(each) for each in page_shown]
    return list_response(shown, fields, response)


@router.get(f"{SERVICES_PATH}/{{service_id}}", response_model=ServiceView)
def read_service(
    service_id: UUID, caller: ServiceReader, session: ReadSessionDep, fields: FieldsDep
) -> Response:
    """Return one service."""
    return view_response(
        ServiceView.of(store.get_within_reach(session, data_scope_of(caller), service_id)), fields
    )
