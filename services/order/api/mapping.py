"""From an order as it comes to an order as the domain sees it."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from pydantic import GetCoreSchemaHandler, ValidationError
from pydantic_core import CoreSchema, ErrorDetails, core_schema

from services.order.api.schemas.order import (
    OrderItemSchema,
    OrderSchema,
    PartySchema,
    ProductSchema,
)
from services.order.domain.acceptance.order_header import parse_party_kind
from services.order.domain.acceptance.request import (
    LocatedValue,
    RequestedCharacteristic,
    RequestedIdentification,
    RequestedItem,
    RequestedOrder,
    RequestedParty,
    RequestedPlace,
)
from services.order.domain.acceptance.submission import fingerprint
from shared.errors import Fault
from shared.http.validation_faults import faults_of


@dataclass(frozen=True, slots=True)
class OrderBody:
    """The body of a POST: what it asks for, and what tells it from other bodies.

    A body with faults of form is read all the same, without what is faulty, so
    that the faults of its meaning can be named together with them.
    """

    order: RequestedOrder
    fingerprint: bytes

    @classmethod
    def __get_pydantic_core_schema__(
        cls, source: object, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        """Be described in OpenAPI as the order that is asked for."""
        del source
        form = handler.generate_schema(OrderSchema)
        return core_schema.no_info_wrap_validator_function(read_order_body, form)


def read_order_body(body: Any, check: Callable[[Any], OrderSchema]) -> OrderBody:  # noqa: ANN401  JSON
    """Read a body."""
    try:
        order = map_order(check(body))
    except ValidationError as error:
        order = read_valid_fields(body, error, check)
    return OrderBody(order, fingerprint(body))


def read_valid_fields(
    body: Any,  # noqa: ANN401  JSON is anything
    error: ValidationError,
    check: Callable[[Any], OrderSchema],
) -> RequestedOrder:
    """Read what can be read of a body whose form is faulty. What is null is not said.

    Raises:
        ValidationError: if the body is no object.
    """
    if not isinstance(body, dict):
        raise error
    errors = error.errors(include_url=False)
    faulty = [{**each, "loc": ("body", *each["loc"])} for each in errors if not is_null(each)]
    rest = remove_fields(body, [each["loc"] for each in errors])
    return map_order(check(rest), tuple(faults_of(faulty, body)))


def is_null(error: ErrorDetails) -> bool:
    """Tell whether an attribute is wrong only because it is null."""
    return error["input"] is None and isinstance(error["loc"][-1], str)


def remove_fields(body: Any, places: Iterable[Sequence[str | int]]) -> Any:  # noqa: ANN401  JSON
    """Return a copy of a body that says nothing at these places."""
    rest = deepcopy(body)
    for *path, last in places:
        here = rest
        for step in path:
            here = here[step]
        if isinstance(last, int):
            here[last] = {}
        else:
            here.pop(last, None)
    return rest


def map_order(schema: OrderSchema, faults: tuple[Fault, ...] = ()) -> RequestedOrder:
    """Return the order that is asked for."""
    return RequestedOrder(
        items=tuple(map_items("/productOrderItem", schema.product_order_item)),
        parties=tuple(map_parties(schema.related_party)),
        channels=tuple(
            LocatedValue(f"/channel/{index}/id", each.id)
            for index, each in enumerate(schema.channel)
        ),
        external_id=schema.external_id,
        priority=schema.priority,
        account_id=schema.billing_account.id,
        category=schema.category,
        description=schema.description,
        notes=tuple(each.text for each in schema.note if each.text),
        requested_start=schema.requested_start_date,
        requested_completion=schema.requested_completion_date,
        faults=faults,
    )


def map_items(at: str, schema: Sequence[OrderItemSchema]) -> Iterator[RequestedItem]:
    """Yield the items of an order or a bundle."""
    for index, item in enumerate(schema):
        here = f"{at}/{index}"
        product = item.product
        yield RequestedItem(
            field=here,
            id=item.id,
            action=item.action,
            business_action=item.business_action,
            quantity=item.quantity,
            offering_id=item.product_offering.id,
            product_id=product.id,
            places=tuple(map_places(here, product)),
            characteristics=tuple(map_characteristics(here, product)),
            members=tuple(map_items(f"{here}/productOrderItem", item.product_order_item)),
            relationship_count=len(item.product_order_item_relationship),
        )


def map_places(at: str, product: ProductSchema) -> Iterator[RequestedPlace]:
    """Yield the places of a product."""
    for index, place in enumerate(product.place):
        here = f"{at}/product/place/{index}"
        yield RequestedPlace(here, place.role, place.id, place.local_network)


def map_characteristics(at: str, product: ProductSchema) -> Iterator[RequestedCharacteristic]:
    """Yield the characteristics of a product."""
    for index, each in enumerate(product.product_characteristic):
        here = f"{at}/product/productCharacteristic/{index}"
        yield RequestedCharacteristic(here, each.name, each.value)


def map_parties(schema: Sequence[PartySchema]) -> Iterator[RequestedParty]:
    """Yield the parties of an order."""
    for index, party in enumerate(schema):
        media = [medium.characteristic for medium in party.contact_medium]
        here = f"/relatedParty/{index}"
        yield RequestedParty(
            field=here,
            role=party.role,
            id=party.id,
            name=party.name,
            category=party.category,
            kind=parse_party_kind(party.referred_type),
            phone=first_nonempty(medium.phone_number for medium in media),
            email=first_nonempty(medium.email_address for medium in media),
            identifications=tuple(map_identifications(here, party)),
        )


def map_identifications(at: str, party: PartySchema) -> Iterator[RequestedIdentification]:
    """Yield the documents that say who a party is."""
    kinds = {
        "individualIdentification": party.individual_identification,
        "organizationIdentification": party.organization_identification,
    }
    for kind, identifications in kinds.items():
        for index, identification in enumerate(identifications):
            here = f"{at}/{kind}/{index}/identificationId"
            yield RequestedIdentification(
                here, identification.identification_type, identification.identification_id
            )


def first_nonempty(texts: Iterable[str]) -> str:
    """Return the first text that says something."""
    return next(filter(None, texts), "")
