"""Orders for tests, with defaults that a test may override."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from pydantic import TypeAdapter

from services.order.api.schemas.orders import OrderBody
from services.order.commands.catalogue import SHIPPED_FILE
from services.order.domain.acceptance.acceptance import AcceptedOrder, accept
from services.order.domain.acceptance.acceptance_context import AcceptanceContext
from services.order.domain.acceptance.real_name import (
    SHIPPED_REAL_NAME,
    RealNameContext,
    with_identity,
)
from services.order.domain.acceptance.request import (
    RequestedOrder,
)
from services.order.domain.catalogue.catalogue import Catalogue
from services.order.domain.catalogue.publication import Publication
from services.order.domain.fulfilment.installed_base import products_after, with_suspensions
from services.order.domain.fulfilment.product import Product
from services.order.domain.fulfilment.suspension import Suspension
from services.order.domain.identity.identity_key import identity_key, tenant_secret
from services.order.domain.identity.rules import SHIPPED_RULES
from shared.contracts import (
    FIRST_REQUEST,
    Action,
    CompletedService,
    Held,
    OrderAccepted,
    RefusalCode,
    ResourcesAssigned,
    ResourcesRefused,
    ServiceCompleted,
    ServiceFailed,
    ServiceHeld,
    ServiceResumed,
)
from shared.errors import Fault, InvalidError
from tests.callers import CLIENT
from tests.conftest import NOON
from tests.kernel import TENANT

PARTY = "C-1"
ADDRESS = "addr-1"
NUMBER = "+862580001234"
SHIPPED_ENTRIES = msgspec.json.decode(SHIPPED_FILE.read_bytes(), type=Publication)
CATALOGUE = Catalogue.of(SHIPPED_ENTRIES.specifications, SHIPPED_ENTRIES.offerings)
IDENTITY_SECRET = tenant_secret(b"a key for persons in tests", TENANT)
DOCUMENT_NUMBERS = ("320102199003078510", "110101199003072236", "320106198811121215")
IDENTITY = identity_key(IDENTITY_SECRET, "residentIdentityCard", DOCUMENT_NUMBERS[0])
"""The key of the identity with the first of these numbers."""

BODY: TypeAdapter[OrderBody] = TypeAdapter(OrderBody)

Json = dict[str, Any]


def order_id(n: int, at: datetime = NOON) -> UUID:
    """Return the id of the n-th order placed at a time."""
    return UUID(int=int(at.timestamp() * 1000) << 80 | 7 << 76 | n)


def a_check(number: str = DOCUMENT_NUMBERS[0], **differences: Any) -> Json:
    """Return a real-name check that was made while the order was taken."""
    usual = {
        "system": "RNV",
        "reference": "RNV-2026-0001",
        "documentType": "residentIdentityCard",
        "documentNumber": number,
    }
    return usual | differences


def identified(body: Json, number: str = DOCUMENT_NUMBERS[0], **differences: Any) -> Json:
    """Return an order with a real-name check of its customer."""
    customer, *others = body["relatedParty"]
    checked = customer | {"realNameCheck": a_check(number, **differences)}
    return body | {"relatedParty": [checked, *others]}


def a_place(**differences: Any) -> Json:
    return {"id": ADDRESS, "role": "installation address"} | differences


def an_item(
    id_: str = "1", offering: str = "ftth-300", *, place: Json | None = None, **values: Any
) -> Json:
    """Return an item that asks for a product, with characteristics by name."""
    product: Json = {"place": [place or a_place()]}
    if values:
        product["productCharacteristic"] = [
            {"name": name, "value": value} for name, value in values.items()
        ]
    return {"id": id_, "action": "add", "productOffering": {"id": offering}, "product": product}


def a_member(id_: str, offering: str, **values: Any) -> Json:
    """Return an item of a bundle, whose address is the bundle's."""
    item = an_item(id_, offering, **values)
    del item["product"]["place"]
    return item


def a_bundle(id_: str = "1", *members: Json) -> Json:
    """Return an item that asks for the bundle home-300."""
    usual = (a_member(f"{id_}.1", "ftth-300"), a_member(f"{id_}.2", "voice-basic"))
    return an_item(id_, "home-300") | {"productOrderItem": list(members or usual)}


def a_disconnection(product: UUID | str, id_: str = "1") -> Json:
    """Return an item that disconnects a product."""
    return {"id": id_, "action": "delete", "product": {"id": str(product)}}


def a_body(*items: Json, party: str = PARTY, **differences: Any) -> Json:
    """Return an order."""
    usual: Json = {
        "relatedParty": [{"id": party, "role": "customer", "name": "张伟"}],
        "productOrderItem": list(items or (an_item(),)),
    }
    return usual | differences


def read_order(body: Json) -> RequestedOrder:
    """Return the order that a body asks for, with the key of its customer's identity."""
    order = BODY.validate_python(body).order
    return with_identity(order, IDENTITY_SECRET, SHIPPED_RULES.default)


def a_placement(order: UUID, client: str = CLIENT, tenant: str = TENANT) -> AcceptanceContext:
    return AcceptanceContext(order, tenant, client, NOON)


def accepted(
    body: Json | None = None,
    n: int = 1,
    *,
    catalogue: Catalogue = CATALOGUE,
    products: tuple[Product, ...] = (),
    real_name: RealNameContext = SHIPPED_REAL_NAME,
) -> AcceptedOrder:
    """Accept an order."""
    by_id = {product.id: product for product in products}
    placement = a_placement(order_id(n))._replace(real_name=real_name)
    return accept(read_order(body or a_body()), placement, catalogue, by_id)


def faults_of(
    body: Json,
    *,
    catalogue: Catalogue = CATALOGUE,
    products: tuple[Product, ...] = (),
    real_name: RealNameContext = SHIPPED_REAL_NAME,
) -> set[tuple[str, str]]:
    """Return where a body is faulty, and with which code; empty when it is accepted."""
    return {(fault.field, fault.code) for fault in found(body, catalogue, products, real_name)}


def found(
    body: Json,
    catalogue: Catalogue = CATALOGUE,
    products: tuple[Product, ...] = (),
    real_name: RealNameContext = SHIPPED_REAL_NAME,
) -> tuple[Fault, ...]:
    """Return the faults of a body."""
    try:
        accepted(body, catalogue=catalogue, products=products, real_name=real_name)
    except InvalidError as error:
        return error.faults
    return ()


def resources_assigned(n: int = 1) -> ResourcesAssigned:
    return ResourcesAssigned(order_id=order_id(n), items=())


def resources_refused(
    n: int = 1, code: RefusalCode = RefusalCode.NONE_FREE, request_id: str = FIRST_REQUEST
) -> ResourcesRefused:
    return ResourcesRefused(
        order_id=order_id(n), code=code, reason="there is nothing", request_id=request_id
    )


def service_failed(n: int = 1, code: str = "none-free", step: str = FIRST_REQUEST) -> ServiceFailed:
    return ServiceFailed(order_id=order_id(n), code=code, reason="it came to nothing", step=step)


def service_held(n: int = 1, step: str = "create-account") -> ServiceHeld:
    return ServiceHeld(order_id=order_id(n), step=step, code="undecided", reason="nobody knows")


def service_resumed(n: int = 1, step: str = "create-account") -> ServiceResumed:
    return ServiceResumed(order_id=order_id(n), step=step)


def service_completed(order: AcceptedOrder, number: str = NUMBER) -> ServiceCompleted:
    """Return the message that all services of an order are active, or terminated."""
    return service_completed_for(order.message, number)


def service_completed_for(accepted_order: OrderAccepted, number: str = NUMBER) -> ServiceCompleted:
    """Return the message that all services of an accepted order are active, or terminated."""
    return ServiceCompleted(
        order_id=accepted_order.order_id,
        services=tuple(
            CompletedService(
                item_id=item.id,
                action=item.action,
                product_id=item.product_id,
                service_id=item.service_id,
                specification=item.specification,
                blueprint_version=1,
                held=(Held(kind="number", value=number),)
                if item.specification == "voice" and item.action is Action.ADD
                else (),
            )
            for item in accepted_order.items
        ),
    )


def a_product(n: int = 1, *, party: str = PARTY) -> Product:
    """Return the telephone of the n-th order."""
    order = accepted(a_body(an_item("1", "voice-basic"), party=party), n)
    update = products_after(order.order, {}, service_completed(order).services, NOON)
    return update.created[0]


def a_fibre(n: int = 1, *, party: str = PARTY) -> Product:
    """Return the line of 300 Mbit/s of the n-th order."""
    order = accepted(a_body(an_item("1", "ftth-300"), party=party), n)
    return products_after(order.order, {}, service_completed(order).services, NOON).created[0]


def bundled_products(n: int = 1, *, party: str = PARTY) -> tuple[Product, ...]:
    """Return the line and the telephone of the n-th order, in the bundle home-300."""
    order = accepted(a_body(a_bundle(), party=party), n)
    return products_after(order.order, {}, service_completed(order).services, NOON).created


def product_of(*offerings: str) -> Callable[..., Product]:
    """Return what makes a product of the last offering, with those on which it relies."""

    def made(n: int = 1, *, party: str = PARTY) -> Product:
        place = a_place(localNetwork="025")
        items = [an_item(str(n), each, place=place) for n, each in enumerate(offerings, start=1)]
        order = accepted(identified(a_body(*items, party=party)), n)
        return products_after(order.order, {}, service_completed(order).services, NOON).created[-1]

    return made


def a_suspended_fibre(*, party: str = PARTY) -> Product:
    """Return a line that is suspended at the customer's request."""
    reason = Suspension(reason="request", since=NOON, order_id=order_id(2))
    return with_suspensions(a_fibre(party=party), order_id(2), (reason,))
