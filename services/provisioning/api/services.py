"""The service inventory (TMF638 v4), to read."""

from datetime import datetime
from typing import Annotated, Literal
from urllib.parse import quote
from uuid import UUID

from fastapi import Query, Response
from pydantic import ConfigDict, Field

from services.provisioning.api import examples
from services.provisioning.api.elements import ELEMENTS
from services.provisioning.api.shown import Reader, TmfShown
from services.provisioning.domain.service import Service, ServiceState
from services.provisioning.store import services as store
from shared.access.rule import reach_of
from shared.contracts import Held, Value
from shared.http import Fields, Page, Router, ToRead, link, paged, show, show_all
from shared.input.ids import IdSought
from shared.persistence.list_window import by

CUSTOMERS = "/ops/v1/customers"
"""Of the customer service."""

PRODUCTS = "/tmf-api/productInventory/v4/product"
"""Of the order service."""

ADDRESSES, NUMBERS, POOLS = "/ops/v1/addresses", "/ops/v1/numbers", "/ops/v1/pools"
"""Of the resources service."""

NUMBER = "number"
SERVICES = "/tmf-api/serviceInventory/v4/service"

router = Router(tags=["services"])


class SpecificationRef(TmfShown):
    """What kind of service it is, and by which blueprint it was made or changed last."""

    id: str
    version: str


class ServiceCharacteristic(TmfShown):
    """What was chosen of it."""

    name: str
    value_type: str
    value: Value


class ResourceRef(TmfShown):
    """What it stands on: things of the resource pools, and network elements."""

    id: str
    href: str | None = None
    name: str
    """The kind of thing: `number`, `leg`, ...; `element`."""

    referred_type: Literal["LogicalResource", "NetworkElement"] = Field(alias="@referredType")


class PartyRef(TmfShown):
    """Whose it is."""

    id: str
    href: str
    role: Literal["customer"] = "customer"
    referred_type: Literal["Party"] = Field("Party", alias="@referredType")


class PlaceRef(TmfShown):
    """Where it is."""

    id: str
    href: str
    role: Literal["installation address"] = "installation address"


class OrderItemRef(TmfShown):
    """The order item that changed it last."""

    service_order_id: UUID
    item_id: str
    item_action: str
    role: Literal["last change"] = "last change"


class RelatedProduct(TmfShown):
    """The product that it makes real."""

    id: UUID
    href: str
    role: Literal["product"] = "product"
    referred_type: Literal["Product"] = Field("Product", alias="@referredType")


class ServiceView(TmfShown):
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
            href=f"{SERVICES}/{service.id}",
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
            service_characteristic=characteristics(service),
            supporting_resource=resources(service),
            related_party=(PartyRef(id=service.customer_id, href=customer_link(service)),),
            related_entity=(
                RelatedProduct(id=service.product_id, href=link(PRODUCTS, service.product_id)),
            ),
            place=places(service),
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
    return f"{link(CUSTOMERS, service.customer_id)}/view"


def places(service: Service) -> tuple[PlaceRef, ...]:
    """Show where a service is, if it is anywhere."""
    id_ = service.address_id
    return (PlaceRef(id=id_, href=link(ADDRESSES, id_)),) if id_ else ()


VALUE_TYPES = {str: "string", int: "integer", bool: "boolean"}


def characteristics(service: Service) -> tuple[ServiceCharacteristic, ...]:
    """Show what was chosen of a service."""
    return tuple(
        ServiceCharacteristic(
            name=each.name, value_type=VALUE_TYPES[type(each.value)], value=each.value
        )
        for each in service.characteristics
    )


def resources(service: Service) -> tuple[ResourceRef, ...]:
    """Show what a service stands on."""
    held = [
        ResourceRef(
            id=each.value, href=held_link(each), name=each.kind, referred_type="LogicalResource"
        )
        for each in service.held
    ]
    elements = [
        ResourceRef(
            id=name, href=link(ELEMENTS, name), name="element", referred_type="NetworkElement"
        )
        for name in service.elements
    ]
    return (*held, *elements)


def held_link(held: Held) -> str | None:
    """Return where resources shows a thing; what was held before pools were told has no link."""
    if held.kind == NUMBER:
        return link(NUMBERS, held.value)
    pool = f"{link(f'{POOLS}/{held.kind}', held.pool)}/things"
    return f"{pool}/{quote(held.value)}" if held.pool else None


@router.get(SERVICES, response_model=list[ServiceView])
def list_services(  # noqa: PLR0913  each is a part of the request
    *,
    caller: Reader,
    session: ToRead,
    page: Page,
    fields: Fields,
    response: Response,
    customer_id: Annotated[IdSought | None, Query(alias="relatedParty.id")] = None,
    state: ServiceState | None = None,
) -> Response:
    """Return services, by customer."""
    wanted = store.Wanted(customer_id, state)
    found = store.find(session, reach_of(caller), wanted, page.rows)
    page_shown = paged(response, page, found, keys=by("customer_id", "id"))
    shown = [ServiceView.of(each) for each in page_shown]
    return show_all(shown, fields, response)


@router.get(f"{SERVICES}/{{service_id}}", response_model=ServiceView)
def read_service(service_id: UUID, caller: Reader, session: ToRead, fields: Fields) -> Response:
    """Return one service."""
    return show(ServiceView.of(store.get(session, reach_of(caller), service_id)), fields)
