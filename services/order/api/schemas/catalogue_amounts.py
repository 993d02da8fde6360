"""Schemas of amounts in the prices of an offering (TMF620 v4)."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from services.order.api.schemas.catalogue_parts import EntrySchema
from services.order.api.views.amounts import CENTS_PER_UNIT
from services.order.domain.catalogue.price_validation import MAX_CENTS
from services.order.domain.catalogue.prices import Tier
from shared.input.numbers import Number, WholeNumber
from shared.input.validation_errors import validation_error

MAX_AMOUNT = MAX_CENTS / CENTS_PER_UNIT


class MoneySchema(EntrySchema):
    """An amount."""

    unit: Literal["CNY"] = "CNY"
    """ISO 4217."""

    value: Annotated[Number, Field(ge=-MAX_AMOUNT, le=MAX_AMOUNT)]
    """Negative for a discount alone."""

    @property
    def cents(self) -> int:
        """The amount in cents."""
        return round(self.value * CENTS_PER_UNIT)

    @model_validator(mode="after")
    def check_whole_cents(self) -> Self:
        """Return it unchanged, if it is in whole cents.

        Raises:
            PydanticCustomError: it is not.
        """
        if self.cents / CENTS_PER_UNIT != self.value:
            raise validation_error(
                code="amount-malformed",
                reason="has a fraction of a cent",
                remedy="round it to two decimal places",
            )
        return self


class TierSchema(EntrySchema):
    """The price for one unit from a quantity on."""

    from_quantity: WholeNumber
    price: MoneySchema

    def to_domain(self) -> Tier:
        """Map the tier to the domain."""
        return Tier(from_quantity=self.from_quantity, amount_cents=self.price.cents)
