"""Schemas of the prices of an offering (TMF620 v4): references, or prices with their values."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, Literal, Self, TypeAlias

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from services.order.api.schemas.catalogue_amounts import MoneySchema, TierSchema
from services.order.api.schemas.catalogue_parts import (
    DurationSchema,
    EntryList,
    EntryName,
    EntryReferenceSchema,
    EntrySchema,
    ShownText,
    ValueUseSchema,
    VersionText,
)
from services.order.domain.business_actions import NEW_INSTALLATION
from services.order.domain.catalogue.catalogue import Catalogue
from services.order.domain.catalogue.price_references import OfferingPrice, find_price
from services.order.domain.catalogue.prices import (
    BillingMonth,
    Commitment,
    Condition,
    Discount,
    Price,
    PriceKind,
)
from services.order.domain.catalogue.reference_faults import (
    PRICE_ID_SEPARATOR,
    dangling_reference_fault,
)
from shared.contracts import BusinessAction
from shared.errors import InvalidError
from shared.input.ids import IS_ID, MAX_ID_LENGTH, check_id
from shared.input.numbers import IS_NUMBER, Number
from shared.input.timestamps import Timestamp
from shared.input.validation_errors import validation_error

OnlyValueUse: TypeAlias = Annotated[tuple[ValueUseSchema, ...], Field(max_length=1)]


PriceId: TypeAlias = Annotated[
    str,
    Field(json_schema_extra=IS_ID),
    StringConstraints(min_length=1, max_length=2 * MAX_ID_LENGTH),
    AfterValidator(check_id),
]
"""The id of a price, with that of its offering or without."""


class StatedPriceType(StrEnum):
    """The kind of a price, a discount, or the penalty of a commitment."""

    ONE_TIME = "oneTime"
    RECURRING = "recurring"
    MINIMUM_SPEND = "minimumSpend"
    PREPAYMENT = "prepayment"
    USAGE = "usage"
    DISCOUNT = "discount"
    PENALTY = "penalty"


class TaxSchema(EntrySchema):
    """The category of a price's tax."""

    tax_category: EntryName


class UnitSchema(EntrySchema):
    """What a price for usage is for: one unit."""

    amount: Annotated[int, Field(ge=1, le=1), IS_NUMBER] = 1
    units: EntryName


class PricePeriodSchema(EntrySchema):
    """The time in which orders have a discount."""

    start_date_time: Timestamp | None = None
    end_date_time: Timestamp | None = None


class OfferingTermSchema(EntrySchema):
    """The term of a minimum spend, a prepayment, a discount or a commitment."""

    name: ShownText = None
    duration: DurationSchema


REFERENCE_FIELDS = {*EntryReferenceSchema.model_fields, "type"}
COMPLETE_PRICE = (
    "give priceType, name and price; for a discount priceType, name, percentage and "
    "productOffering; for a reference the id alone"
)


class PriceSchema(EntrySchema):
    """A price of an offering: without `priceType` a reference to one that the catalogue has."""

    id: PriceId
    """Of a reference, and of a price that is shown, `offering:price`."""

    href: ShownText = None
    name: EntryName = ""
    version: VersionText | None = None
    """Of a reference: the version of the offering; without it the newest that has the price."""

    lifecycle_status: ShownText = None
    price_type: StatedPriceType | None = None
    recurring_charge_period_type: Literal["month"] | None = None
    recurring_charge_period_length: Annotated[int, Field(ge=1, le=1), IS_NUMBER] | None = None
    price: MoneySchema | None = None
    percentage: Annotated[Number, Field(ge=-100, le=100, multiple_of=1)] | None = None
    """Of a discount: -20.0 for a fifth off. Of a penalty: that of the months left."""

    unit_of_measure: UnitSchema | None = None
    """Of a price for usage: one minute, one GB."""

    per_characteristic: ShownText = None
    """Extension: the characteristic that is the quantity."""

    tier: EntryList[TierSchema] = ()
    suspended_for: EntryList[EntryName] = ()
    """Extension: it is charged while the product is suspended for one of these reasons."""

    first_month: BillingMonth = BillingMonth.DAILY
    """Extension: what a recurring price costs in the month in which it begins."""

    tax: Annotated[tuple[TaxSchema, ...], Field(max_length=1)] = ()
    valid_for: PricePeriodSchema = PricePeriodSchema()
    reduced_price: ShownText = None
    """Extension: the id of the only price of the offering that a discount reduces."""

    charged_with: EntryList[BusinessAction] = (NEW_INSTALLATION,)
    """Extension: the business actions with which a one-time price is due."""

    product_offering: EntryReferenceSchema | None = None
    """Extension: the member of the bundle on whose prices a discount is given."""

    prod_spec_char_value_use: OnlyValueUse = ()
    """The characteristic value for which it is due."""

    product_offering_term: Annotated[tuple[OfferingTermSchema, ...], Field(max_length=1)] = ()
    type: Annotated[Literal["ProductOfferingPrice"] | None, Field(alias="@type")] = None

    @model_validator(mode="after")
    def check_complete(self) -> Self:
        """Return it unchanged, if it is a reference, or says all that its kind has.

        Raises:
            PydanticCustomError: something is missing.
        """
        may_be_relative = self.price_type in {StatedPriceType.DISCOUNT, StatedPriceType.PENALTY}
        has_amount = self.price or (may_be_relative and self.percentage)
        is_complete = bool(has_amount and self.name) if self.price_type else self.is_reference
        if not is_complete:
            raise validation_error(
                code="price-incomplete",
                reason="lacks what a price of its type has",
                remedy=COMPLETE_PRICE,
            )
        return self

    @property
    def is_reference(self) -> bool:
        """Whether it states only what a reference has."""
        return self.model_fields_set <= REFERENCE_FIELDS

    def to_domain(self, catalogue: Catalogue) -> OfferingPrice | None:
        """Return the price, of a reference as the catalogue has it; None if it does not have it."""
        match self.price_type:
            case None:
                version = int(self.version) if self.version else None
                return find_price(catalogue, self.id, version)
            case StatedPriceType.DISCOUNT:
                return self.to_discount()
            case StatedPriceType.PENALTY:
                return self.to_commitment()
            case _:
                return self.to_price(PriceKind(self.price_type))

    def to_price(self, kind: PriceKind) -> Price:
        """Map a price to the domain."""
        assert self.price
        due = [each.to_domain() for each in self.prod_spec_char_value_use]
        return Price(
            id=self.own_id,
            name=self.name,
            kind=kind,
            amount_cents=self.price.cents,
            when=Condition(characteristic=due[0].name, value=due[0].value) if due else None,
            term_months=self.months,
            charged_with=tuple(self.charged_with),
            per=self.per_characteristic or "",
            tiers=tuple(each.to_domain() for each in self.tier),
            suspended_for=tuple(self.suspended_for),
            first_month=self.first_month,
            tax=next((each.tax_category for each in self.tax), ""),
            unit=self.unit_of_measure.units if self.unit_of_measure else "",
        )

    @property
    def months(self) -> int:
        """Its term; 0 without one."""
        return sum(each.duration.amount for each in self.product_offering_term)

    def to_discount(self) -> Discount:
        """Map a discount to the domain."""
        is_monthly = self.recurring_charge_period_type is not None
        return Discount(
            id=self.own_id,
            name=self.name,
            member=self.product_offering.id if self.product_offering else "",
            kind=PriceKind.RECURRING if is_monthly else PriceKind.ONE_TIME,
            percent=round(-(self.percentage or 0)),
            amount_cents=-self.price.cents if self.price else 0,
            price=self.reduced_price or "",
            months=self.months,
            valid_from=self.valid_for.start_date_time,
            valid_until=self.valid_for.end_date_time,
        )

    def to_commitment(self) -> Commitment:
        """Map the penalty of a commitment to the domain."""
        return Commitment(
            id=self.own_id,
            name=self.name,
            months=self.months,
            penalty_percent=round(self.percentage or 0),
            penalty_cents=self.price.cents if self.price else 0,
        )

    @property
    def own_id(self) -> str:
        """Its id within its offering."""
        return self.id.rpartition(PRICE_ID_SEPARATOR)[2]


def prices_to_domain(
    at: str, prices: Sequence[PriceSchema], catalogue: Catalogue
) -> tuple[OfferingPrice, ...]:
    """Return the prices of an offering; `at` is the JSON pointer to them.

    Raises:
        InvalidError: one refers to a price that the catalogue does not have.
    """
    found = [each.to_domain(catalogue) for each in prices]
    reason = "the catalogue has no such price; with priceType it would be a new one"
    faults = [
        dangling_reference_fault(f"{at}/{index}/id", reason)
        for index, each in enumerate(found)
        if each is None
    ]
    if faults:
        raise InvalidError(faults)
    return tuple(filter(None, found))
