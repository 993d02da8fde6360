"""From an order as it comes to an order as the domain sees it."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from pydantic import GetCoreSchemaHandler, ValidationError
from pydantic_core import CoreSchema, ErrorDetails, core_schema

from services.order.api.asked import AskedItem, AskedOrder, AskedParty, AskedProduct
from services.order.domain.parties import kind_said
from services.order.domain.request import (
    At,
    GivenCharacteristic,
    GivenItem,
    GivenOrder,
    GivenPaper,
    GivenParty,
    GivenPlace,
)
from services.order.domain.submission import fingerprint
from shared.errors import Fault
from shared.http.faults import faults_of


@dataclass(frozen=True, slots=True)
class OrderBody:
    """The body of a POST: what it asks for, and what tells it from other bodies.

    A body with faults of form is read all the same, without what is faulty, so
    that the faults of its meaning can be named together with them.
    """

    given: GivenOrder
    fingerprint: bytes

    @classmethod
    def __get_pydantic_core_schema__(
        cls, source: object, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        """Be described in OpenAPI as the order that is asked for."""
        del source
        form = handler.generate_schema(AskedOrder)
        return core_schema.no_info_wrap_validator_function(read, form)


def read(body: Any, check: Callable[[Any], AskedOrder]) -> OrderBody:  # noqa: ANN401  JSON
    """Read a body."""
    try:
        given = order_of(check(body))
    except ValidationError as error:
        given = salvage(body, error, check)
    return OrderBody(given, fingerprint(body))


def salvage(
    body: Any,  # noqa: ANN401  JSON is anything
    error: ValidationError,
    check: Callable[[Any], AskedOrder],
) -> GivenOrder:
    """Read what can be read of a body whose form is faulty. What is null is not said.

    Raises:
        ValidationError: if the body is no object.
    """
    if not isinstance(body, dict):
        raise error
    errors = error.errors(include_url=False)
    faulty = [{**each, "loc": ("body", *each["loc"])} for each in errors if not is_unsaid(each)]
    rest = without(body, [each["loc"] for each in errors])
    return order_of(check(rest), tuple(faults_of(faulty, body)))


def is_unsaid(error: ErrorDetails) -> bool:
    """Tell whether an attribute is wrong only because it is null."""
    return error["input"] is None and isinstance(error["loc"][-1], str)


def without(body: Any, places: Iterable[Sequence[str | int]]) -> Any:  # noqa: ANN401  JSON
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


def order_of(asked: AskedOrder, faults: tuple[Fault, ...] = ()) -> GivenOrder:
    """Return the order that is asked for."""
    return GivenOrder(
        items=tuple(items_of("/productOrderItem", asked.product_order_item)),
        parties=tuple(parties_of(asked.related_party)),
        channels=tuple(
            At(f"/channel/{index}/id", each.id) for index, each in enumerate(asked.channel)
        ),
        external_id=asked.external_id,
        priority=asked.priority,
        account_id=asked.billing_account.id,
        category=asked.category,
        description=asked.description,
        notes=tuple(each.text for each in asked.note if each.text),
        requested_start=asked.requested_start_date,
        requested_completion=asked.requested_completion_date,
        faults=faults,
    )


def items_of(at: str, asked: Sequence[AskedItem]) -> Iterator[GivenItem]:
    """Yield the items of an order or a bundle."""
    for index, item in enumerate(asked):
        here = f"{at}/{index}"
        product = item.product
        yield GivenItem(
            field=here,
            id=item.id,
            action=item.action,
            business_action=item.business_action,
            quantity=item.quantity,
            offering_id=item.product_offering.id,
            product_id=product.id,
            places=tuple(places_of(here, product)),
            characteristics=tuple(characteristics_of(here, product)),
            members=tuple(items_of(f"{here}/productOrderItem", item.product_order_item)),
            relationships=len(item.product_order_item_relationship),
        )


def places_of(at: str, product: AskedProduct) -> Iterator[GivenPlace]:
    """Yield the places of a product."""
    for index, place in enumerate(product.place):
        here = f"{at}/product/place/{index}"
        yield GivenPlace(here, place.role, place.id, place.local_network)


def characteristics_of(at: str, product: AskedProduct) -> Iterator[GivenCharacteristic]:
    """Yield the characteristics of a product."""
    for index, each in enumerate(product.product_characteristic):
        here = f"{at}/product/productCharacteristic/{index}"
        yield GivenCharacteristic(here, each.name, each.value)


def parties_of(asked: Sequence[AskedParty]) -> Iterator[GivenParty]:
    """Yield the parties of an order."""
    for index, party in enumerate(asked):
        media = [medium.characteristic for medium in party.contact_medium]
        here = f"/relatedParty/{index}"
        yield GivenParty(
            field=here,
            role=party.role,
            id=party.id,
            name=party.name,
            category=party.category,
            kind=kind_said(party.referred_type),
            phone=first(medium.phone_number for medium in media),
            email=first(medium.email_address for medium in media),
            papers=tuple(papers_of(here, party)),
        )


def papers_of(at: str, party: AskedParty) -> Iterator[GivenPaper]:
    """Yield the documents that say who a party is."""
    kinds = {
        "individualIdentification": party.individual_identification,
        "organizationIdentification": party.organization_identification,
    }
    for kind, papers in kinds.items():
        for index, paper in enumerate(papers):
            here = f"{at}/{kind}/{index}/identificationId"
            yield GivenPaper(here, paper.identification_type, paper.identification_id)


def first(texts: Iterable[str]) -> str:
    """Return the first text that says something."""
    return next(filter(None, texts), "")
