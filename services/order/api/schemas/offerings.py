"""Schemas of offerings (TMF620 v4): what creates one, and what changes one."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Annotated, Literal, TypeAlias

from fastapi import Body
from pydantic import Field

from services.order.api.examples import offerings as examples
from services.order.api.schemas.catalogue_parts import (
    EntryList,
    EntryName,
    EntryReferenceSchema,
    EntrySchema,
    PatchSchema,
    ShownText,
    ValueUseSchema,
    VersionText,
)
from services.order.api.schemas.offering_prices import PriceSchema, prices_to_domain
from services.order.api.views.offerings import OfferingRelationship
from services.order.domain.catalogue.catalogue import (
    Catalogue,
    Eligibility,
    LifeCycle,
    Offering,
)
from services.order.domain.catalogue.prices import (
    AT_COMPLETION,
    ChargeStart,
    Commitment,
    Discount,
    Price,
)
from shared.errors import Fault, InvalidError
from shared.http.schemas import LongText
from shared.input.ids import RequiredId
from shared.input.numbers import Boolean
from shared.input.timestamps import Timestamp

PRICES_AT = "/productOfferingPrice"


class ValiditySchema(PatchSchema):
    """The period in which an offering is sold."""

    start_date_time: Timestamp | None = None
    end_date_time: Timestamp | None = None
    """From this time on it is no longer sold."""

    def applied_to(self, base: Eligibility) -> Eligibility:
        """Return rules of eligibility with what the period states."""
        fields = (
            ("start_date_time", "valid_from", self.start_date_time),
            ("end_date_time", "valid_until", self.end_date_time),
        )
        return replace(base, **self.stated(fields))


class OfferingRelationshipSchema(EntrySchema):
    """Another offering to which one has a relationship."""

    id: RequiredId
    href: ShownText = None
    relationship_type: OfferingRelationship


class OfferingPatchSchema(PatchSchema):
    """What changes an offering (TMF620 v4 `ProductOffering_Update`).

    What is left out stays; a list replaces the present one as a whole.
    """

    name: EntryName = ""
    description: LongText = ""
    lifecycle_status: LifeCycle = LifeCycle.DRAFT
    is_bundle: Boolean = False
    """As it follows from the members; anything else is refused."""

    is_sellable: Boolean = False
    """Read and without effect: the states of versions decide."""

    valid_for: ValiditySchema = ValiditySchema()
    channel: EntryList[EntryReferenceSchema] = ()
    market_segment: EntryList[EntryReferenceSchema] = ()
    """The categories of customers to whom it is sold."""

    place: EntryList[EntryReferenceSchema] = ()
    """The local networks in which it is sold."""

    holds: EntryList[EntryReferenceSchema] = ()
    """Extension: offerings or specifications, of one of which the customer has a product."""

    bundled_product_offering: EntryList[EntryReferenceSchema] = ()
    product_offering_relationship: EntryList[OfferingRelationshipSchema] = ()
    prod_spec_char_value_use: EntryList[ValueUseSchema] = ()
    """The values that it fixes."""

    product_offering_price: EntryList[PriceSchema] = ()
    charge_start: ChargeStart = AT_COMPLETION
    """Extension: when recurring charges begin."""

    product_specification: EntryReferenceSchema | None = None
    """Left out for a bundle."""

    type: Annotated[Literal["ProductOffering"], Field(alias="@type")] = "ProductOffering"

    def applied_to(self, base: Offering, catalogue: Catalogue) -> Offering:
        """Return an offering with what the body states; its references are to this catalogue.

        Raises:
            InvalidError: it refers to a price that the catalogue does not have, or contradicts
                itself.
        """
        prices = prices_to_domain(PRICES_AT, self.product_offering_price, catalogue)
        specification = self.product_specification
        fields = (
            ("name", "name", self.name),
            ("description", "description", self.description),
            ("lifecycle_status", "state", self.lifecycle_status),
            ("product_specification", "specification", specification.id if specification else ""),
            (
                "prod_spec_char_value_use",
                "fixed",
                tuple(each.to_domain() for each in self.prod_spec_char_value_use),
            ),
            (
                "product_offering_price",
                "prices",
                tuple(each for each in prices if isinstance(each, Price)),
            ),
            (
                "product_offering_price",
                "discounts",
                tuple(each for each in prices if isinstance(each, Discount)),
            ),
            (
                "product_offering_price",
                "commitment",
                next((each for each in prices if isinstance(each, Commitment)), None),
            ),
            ("charge_start", "charge_start", self.charge_start),
            ("bundled_product_offering", "members", ids_of(self.bundled_product_offering)),
            (
                "product_offering_relationship",
                "upgrades_to",
                tuple(each.id for each in self.product_offering_relationship),
            ),
        )
        changed = replace(base, **self.stated(fields))
        if faults := list(self.contradictions(changed)):
            raise InvalidError(faults)
        return replace(changed, eligibility=self.eligibility_after(base.eligibility))

    def contradictions(self, changed: Offering) -> Iterator[Fault]:
        """Name what contradicts the offering that the body makes."""
        if self.is_bundle is not changed.is_bundle and "is_bundle" in self.model_fields_set:
            reason, remedy = "it contradicts the members", "leave it out"
            yield Fault("/isBundle", "bundle-mismatch", reason, remedy)

    def eligibility_after(self, base: Eligibility) -> Eligibility:
        """Return rules of eligibility with what the body states."""
        fields = (
            ("market_segment", "categories", ids_of(self.market_segment)),
            ("channel", "channels", ids_of(self.channel)),
            ("place", "local_networks", ids_of(self.place)),
            ("holds", "holds", ids_of(self.holds)),
        )
        return self.valid_for.applied_to(replace(base, **self.stated(fields)))


class OfferingSchema(OfferingPatchSchema):
    """What creates an offering (TMF620 v4 `ProductOffering_Create`).

    It has the attributes that the view of an offering shows.
    """

    id: RequiredId
    """An identifier that the catalogue does not have yet."""

    href: ShownText = None
    name: EntryName
    version: VersionText = "1"

    def to_domain(self, catalogue: Catalogue) -> Offering:
        """Return its first version: a draft, unless another state is stated.

        Raises:
            InvalidError: it refers to a price that the catalogue does not have.
        """
        version = int(self.version)
        first = Offering(id=self.id, version=version, name=self.name, state=LifeCycle.DRAFT)
        return self.applied_to(first, catalogue)


def ids_of(references: tuple[EntryReferenceSchema, ...]) -> tuple[str, ...]:
    """Return the ids of references."""
    return tuple(each.id for each in references)


OfferingBody: TypeAlias = Annotated[OfferingSchema, Body(examples=[examples.NEW_OFFERING])]
OfferingPatchBody: TypeAlias = Annotated[
    OfferingPatchSchema, Body(examples=[examples.OFFERING_PATCH])
]
