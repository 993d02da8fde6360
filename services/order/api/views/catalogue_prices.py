"""Views of the prices, discounts and commitments of offerings (TMF620 v4)."""

from collections.abc import Iterator
from typing import Annotated

from pydantic import ConfigDict, Field

from services.order.api.examples import prices as examples
from services.order.api.views.amounts import (
    MONTH,
    MoneyView,
    QuantityView,
    ValidityView,
    period_of,
    price_reference,
)
from services.order.api.views.references import ReferenceView
from services.order.api.views.specifications import ValueView, value_view
from services.order.domain.catalogue.catalogue import LifeCycle, Offering
from services.order.domain.catalogue.prices import (
    PAID_ONCE,
    BillingMonth,
    Commitment,
    Discount,
    Price,
    Tier,
)
from shared.contracts import BusinessAction, Value
from shared.http import href_of
from shared.http.collection_paths import OFFERINGS_PATH
from shared.http.views import UnvalidatedTmfView


class OfferingTermView(UnvalidatedTmfView):
    """The term of a price in the catalogue."""

    name: str
    duration: QuantityView


class ValueUseView(UnvalidatedTmfView):
    """A characteristic that has a certain value."""

    name: str
    product_spec_characteristic_value: tuple[ValueView, ...]


class TierView(UnvalidatedTmfView):
    """The price for one unit from a quantity on (extension)."""

    from_quantity: int
    price: MoneyView


class TaxView(UnvalidatedTmfView):
    """The category of a price's tax."""

    tax_category: str


class PriceView(UnvalidatedTmfView):
    """A price of an offering (TMF620 v4 `ProductOfferingPrice`)."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.PRICE]})

    id: str
    href: str
    name: str
    version: str
    lifecycle_status: LifeCycle
    price_type: str
    """`oneTime`, `recurring`, `minimumSpend`, `prepayment`, `usage`, `discount` or `penalty`."""

    recurring_charge_period_type: str | None = None
    recurring_charge_period_length: int | None = None
    price: MoneyView | None = None
    percentage: float | None = None
    unit_of_measure: QuantityView | None = None
    """What the price is for, if it is not for the product: one unit, as a minute of usage."""

    per_characteristic: str | None = None
    """Extension: the characteristic that is the quantity."""

    tier: tuple[TierView, ...] | None = None
    """Extension: other prices for one unit, from larger quantities on, for all units."""

    suspended_for: tuple[str, ...] | None = None
    """Extension: it is charged while the product is suspended for one of these reasons."""

    first_month: BillingMonth | None = None
    """Extension: what a recurring price costs in the calendar month in which it begins, if not
    its remaining days."""

    reduced_price: str | None = None
    """Extension: the id of the only price of the offering that a discount reduces."""

    tax: tuple[TaxView, ...] | None = None
    """The tax, if it is not that of the specification."""

    charged_with: tuple[BusinessAction, ...] | None = None
    """Extension: the business actions with which a price that is paid once is due."""

    product_offering: ReferenceView | None = None
    """Extension: the member of the bundle on whose prices a discount is given."""

    valid_for: ValidityView | None = None
    prod_spec_char_value_use: tuple[ValueUseView, ...] | None = None
    """The characteristic values for which it is due."""

    product_offering_term: tuple[OfferingTermView, ...] | None = None
    type: Annotated[str, Field(alias="@type")] = "ProductOfferingPrice"


def show_prices(offering: Offering) -> Iterator[PriceView]:
    """Show the prices of an offering, its discounts, and the penalty of its commitment."""
    for price in offering.prices:
        yield price_view(offering, price)
    for discount in offering.discounts:
        yield discount_view(offering, discount)
    if offering.commitment:
        yield commitment_view(offering, offering.commitment)


def price_view(offering: Offering, price: Price) -> PriceView:
    """Show a price."""
    reference = price_reference(offering.id, price.id, price.name)
    period = period_of(price.kind)
    return PriceView(
        id=reference.id,
        href=reference.href,
        name=price.name,
        version=str(offering.version),
        lifecycle_status=offering.state,
        price_type=price.kind,
        recurring_charge_period_type=period,
        recurring_charge_period_length=1 if period else None,
        price=MoneyView.of(price.amount_cents),
        charged_with=price.charged_with if price.kind in PAID_ONCE else None,
        unit_of_measure=QuantityView(amount=1, units=price.unit) if price.unit else None,
        per_characteristic=price.per or None,
        tier=tuple(tier_view(each) for each in price.tiers) or None,
        suspended_for=price.suspended_for or None,
        first_month=None if price.first_month is BillingMonth.DAILY else price.first_month,
        tax=(TaxView(tax_category=price.tax),) if price.tax else None,
        prod_spec_char_value_use=(value_use_view(price.when.characteristic, price.when.value),)
        if price.when
        else None,
        product_offering_term=term_views(price.name, price.term_months),
    )


def tier_view(tier: Tier) -> TierView:
    """Show the price for one unit from a quantity on."""
    return TierView(from_quantity=tier.from_quantity, price=MoneyView.of(tier.amount_cents))


def discount_view(offering: Offering, discount: Discount) -> PriceView:
    """Show a discount of an offering, or of a bundle on a member's prices."""
    reference = price_reference(offering.id, discount.id, discount.name)
    return PriceView(
        id=reference.id,
        href=reference.href,
        name=discount.name,
        version=str(offering.version),
        lifecycle_status=offering.state,
        price_type="discount",
        recurring_charge_period_type=period_of(discount.kind),
        price=MoneyView.of(-discount.amount_cents) if discount.amount_cents else None,
        percentage=-discount.percent if discount.percent else None,
        reduced_price=discount.price or None,
        product_offering=ReferenceView(
            id=discount.member, href=href_of(OFFERINGS_PATH, discount.member)
        )
        if discount.member
        else None,
        valid_for=ValidityView.of(discount.valid_from, discount.valid_until),
        product_offering_term=term_views(discount.name, discount.months),
    )


def commitment_view(offering: Offering, commitment: Commitment) -> PriceView:
    """Show the penalty for leaving an offering before its term is over."""
    reference = price_reference(offering.id, commitment.id, commitment.name)
    return PriceView(
        id=reference.id,
        href=reference.href,
        name=commitment.name,
        version=str(offering.version),
        lifecycle_status=offering.state,
        price_type="penalty",
        price=MoneyView.of(commitment.penalty_cents) if commitment.penalty_cents else None,
        percentage=commitment.penalty_percent or None,
        product_offering_term=term_views(commitment.name, commitment.months),
    )


def term_views(name: str, months: int) -> tuple[OfferingTermView, ...] | None:
    """Show a term in months; None if there is none."""
    if not months:
        return None
    return (OfferingTermView(name=name, duration=QuantityView(amount=months, units=MONTH)),)


def value_use_view(name: str, value: Value) -> ValueUseView:
    """Show that a characteristic has a value."""
    return ValueUseView(name=name, product_spec_characteristic_value=(value_view(value),))
