"""Schemas of products: the product of an order item, and the filters of the inventory."""

from collections.abc import Iterator
from typing import Annotated, Any, TypeAlias, TypeVar

from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from services.order.domain.acceptance.request import RequestedCharacteristic, RequestedPlace
from services.order.domain.fulfilment.product import ProductStatus
from services.order.store.product_lists import ProductFilter
from shared.access.access_rule import data_scope_of
from shared.http.schemas import TmfBaseSchema
from shared.input.ids import Id
from shared.input.phones import phone_key
from shared.input.text_comparison import comparable_word
from shared.input.timestamps import Timestamp
from shared.security.caller import Caller

T = TypeVar("T")

ShortText: TypeAlias = Annotated[str, StringConstraints(strip_whitespace=True, max_length=100)]
"""A name, a code or a number."""

AsOf: TypeAlias = Annotated[
    Timestamp | None,
    Query(alias="asOf", description="As the product was at this time, on a past day for example."),
]

ShortList = Annotated[list[T], Field(max_length=50, default_factory=list)]


class CharacteristicSchema(TmfBaseSchema):
    """One property of a product."""

    name: ShortText = ""
    value: Any = None
    """Text, a whole number, true or false, as the specification says."""


class PlaceSchema(TmfBaseSchema):
    """A place, in its role."""

    role: ShortText = ""
    """`installation address` for the place where the product is installed."""

    id: Id = ""
    """The id of a standard address."""

    local_network: ShortText = ""
    """Extension: the area code of the address, for example 025."""


class RelatedProductSchema(TmfBaseSchema):
    """A product that another one has a relationship to."""

    id: Id = ""


class ProductRelationshipSchema(TmfBaseSchema):
    """A relationship of a product to another one."""

    relationship_type: ShortText = ""
    """`reliesOn`."""

    product: RelatedProductSchema = RelatedProductSchema()


RELIES_ON = "reliesOn"
"""The type of the relationship to the product over which another one is delivered."""


def is_reliance(relationship_type: str) -> bool:
    """Tell whether a type of relationship, however it is spelled, is `reliesOn`."""
    return comparable_word(relationship_type) == comparable_word(RELIES_ON)


class ProductSchema(TmfBaseSchema):
    """The product of an item."""

    id: Id = ""
    """With action delete: the product in the inventory."""

    place: ShortList[PlaceSchema]
    product_characteristic: ShortList[CharacteristicSchema]
    product_relationship: ShortList[ProductRelationshipSchema]
    """The product on which this one relies: of type `reliesOn`. Other types are ignored."""

    @property
    def relied_on_products(self) -> tuple[str, ...]:
        """The ids of the products on which it is said to rely."""
        return tuple(
            each.product.id
            for each in self.product_relationship
            if is_reliance(each.relationship_type)
        )

    def requested_places(self, at: str) -> Iterator[RequestedPlace]:
        """Map the places to the domain; `at` is the JSON pointer to the product."""
        for index, place in enumerate(self.place):
            here = f"{at}/place/{index}"
            yield RequestedPlace(here, place.role, place.id, place.local_network)

    def requested_characteristics(self, at: str) -> Iterator[RequestedCharacteristic]:
        """Map the characteristics to the domain; `at` is the JSON pointer to the product."""
        for index, each in enumerate(self.product_characteristic):
            here = f"{at}/productCharacteristic/{index}"
            yield RequestedCharacteristic(here, each.name, each.value)


class ProductQuery(BaseModel):
    """The filters of the product list, as in the URL."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    status: ProductStatus | None = None
    party_id: Annotated[Id | None, Field(alias="relatedParty.id")] = None
    offering_id: Annotated[Id | None, Field(alias="productOffering.id")] = None
    """400 if the catalogue never had it."""

    number: Annotated[str | None, Field(alias="productSerialNumber", max_length=100)] = None
    """A telephone number in any spelling, a plus sign written %2B."""

    def to_filter(self, caller: Caller) -> ProductFilter:
        """Return the filter of a caller's list."""
        return ProductFilter(
            data_scope=data_scope_of(caller),
            party_id=self.party_id,
            status=self.status,
            offering_id=self.offering_id,
            number=None if self.number is None else phone_key(self.number),
        )


ProductFilters: TypeAlias = Annotated[ProductQuery, Query()]
