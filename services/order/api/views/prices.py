"""Views of prices: those of the catalogue (TMF620 v4), and the lines and totals of an order."""

from collections.abc import Iterable, Iterator
from typing import Annotated

from pydantic import ConfigDict, Field

from services.order.api.examples import prices as examples
from services.order.api.views.references import ReferenceView
from services.order.api.views.specifications import ValueView, value_view
from services.order.domain.catalogue.catalogue import (
    Discount,
    LifeCycle,
    Offering,
    Price,
    PriceKind,
)
from services.order.domain.catalogue.pricing import Charge
from shared.contracts import BusinessAction, Cents, Value
from shared.http import href_of
from shared.http.collection_paths import OFFERINGS_PATH, PRICES_PATH
from shared.http.views import UnvalidatedTmfView

CURRENCY = "CNY"
MONTH = "month"
CENTS_PER_UNIT = 100


class MoneyView(UnvalidatedTmfView):
    """An amount."""

    unit: str
    """ISO 4217."""

    value: float

    @classmethod
    def of(cls, cents: Cents) -> "MoneyView":
        """Show an amount."""
        return cls(unit=CURRENCY, value=cents / CENTS_PER_UNIT)


class PriceAmountView(UnvalidatedTmfView):
    """A price, without tax."""

    duty_free_amount: MoneyView
    percentage: float | None = None


class PriceReferenceView(UnvalidatedTmfView):
    """A price of the catalogue, or a discount."""

    id: str
    href: str
    name: str


class AlterationView(UnvalidatedTmfView):
    """A discount on a price."""

    name: str
    price_type: PriceKind
    price: PriceAmountView
    product_offering_price: PriceReferenceView


class OrderPriceView(UnvalidatedTmfView):
    """One line of a price, or a total of lines."""

    name: str
    price_type: PriceKind
    recurring_charge_period: str | None = None
    price: PriceAmountView
    price_alteration: tuple[AlterationView, ...] | None = None
    product_offering_price: PriceReferenceView | None = None


class QuantityView(UnvalidatedTmfView):
    """A quantity with its unit."""

    amount: int
    units: str


class TermView(UnvalidatedTmfView):
    """The term of a price in an order."""

    name: str
    duration: QuantityView


class OfferingTermView(UnvalidatedTmfView):
    """The term of a price in the catalogue."""

    name: str
    duration: QuantityView


class ValueUseView(UnvalidatedTmfView):
    """A characteristic that has a certain value."""

    name: str
    product_spec_characteristic_value: tuple[ValueView, ...]


class PriceView(UnvalidatedTmfView):
    """A price of an offering (TMF620 v4 `ProductOfferingPrice`)."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.PRICE]})

    id: str
    href: str
    name: str
    version: str
    lifecycle_status: LifeCycle
    price_type: str
    """`oneTime`, `recurring`, `minimumSpend` or `discount`."""

    recurring_charge_period_type: str | None = None
    recurring_charge_period_length: int | None = None
    price: MoneyView | None = None
    percentage: float | None = None
    charged_with: tuple[BusinessAction, ...] | None = None
    """Extension: the business actions with which a one-time price is due."""

    product_offering: ReferenceView | None = None
    """Extension: the member of the bundle on whose prices a discount is given."""

    prod_spec_char_value_use: tuple[ValueUseView, ...] | None = None
    """The characteristic values for which it is due."""

    product_offering_term: tuple[OfferingTermView, ...] | None = None
    type: Annotated[str, Field(alias="@type")] = "ProductOfferingPrice"


def show_prices(offering: Offering) -> Iterator[PriceView]:
    """Show the prices of an offering, and its discounts on the prices of its members."""
    for price in offering.prices:
        yield price_view(offering, price)
    for discount in offering.discounts:
        yield discount_view(offering, discount)


def price_view(offering: Offering, price: Price) -> PriceView:
    """Show a price."""
    reference = price_reference(offering.id, price.id, price.name)
    term = QuantityView(amount=price.term_months, units=MONTH)
    return PriceView(
        id=reference.id,
        href=reference.href,
        name=price.name,
        version=str(offering.version),
        lifecycle_status=offering.state,
        price_type=price.kind,
        recurring_charge_period_type=period_of(price.kind),
        recurring_charge_period_length=None if price.kind is PriceKind.ONE_TIME else 1,
        price=MoneyView.of(price.amount_cents),
        charged_with=price.charged_with if price.kind is PriceKind.ONE_TIME else None,
        prod_spec_char_value_use=(value_use_view(price.when.characteristic, price.when.value),)
        if price.when
        else None,
        product_offering_term=(OfferingTermView(name=price.name, duration=term),)
        if price.term_months
        else None,
    )


def discount_view(offering: Offering, discount: Discount) -> PriceView:
    """Show a discount of a bundle on a member's prices."""
    reference = price_reference(offering.id, discount.id, discount.name)
    return PriceView(
        id=reference.id,
        href=reference.href,
        name=discount.name,
        version=str(offering.version),
        lifecycle_status=offering.state,
        price_type="discount",
        recurring_charge_period_type=period_of(discount.kind),
        percentage=-discount.percent,
        product_offering=ReferenceView(
            id=discount.member, href=href_of(OFFERINGS_PATH, discount.member)
        ),
    )


def value_use_view(name: str, value: Value) -> ValueUseView:
    """Show that a characteristic has a value."""
    return ValueUseView(name=name, product_spec_characteristic_value=(value_view(value),))


def price_reference(offering_id: str, price_id: str, name: str) -> PriceReferenceView:
    """Show a reference to a price of the catalogue; its id there is `offering:price`."""
    id_ = f"{offering_id}:{price_id}"
    return PriceReferenceView(id=id_, href=href_of(PRICES_PATH, id_), name=name)


def period_of(kind: PriceKind) -> str | None:
    """Return how often a price is charged."""
    return None if kind is PriceKind.ONE_TIME else MONTH


def price_lines(
    charges: Iterable[Charge], offering_id: str, bundle: str
) -> tuple[OrderPriceView, ...]:
    """Show charges for an offering, one line each; discounts are those of its bundle."""
    return tuple(
        OrderPriceView(
            name=charge.name,
            price_type=charge.kind,
            recurring_charge_period=period_of(charge.kind),
            price=PriceAmountView(duty_free_amount=MoneyView.of(charge.cents)),
            price_alteration=price_alteration(charge, bundle),
            product_offering_price=price_reference(offering_id, charge.price_id, charge.name),
        )
        for charge in charges
    )


def price_alteration(charge: Charge, bundle: str) -> tuple[AlterationView, ...] | None:
    """Show the discount on a charge; None if there is none."""
    if not charge.discount_cents:
        return None
    discount = PriceAmountView(
        duty_free_amount=MoneyView.of(-charge.discount_cents),
        percentage=-charge.discount_percent,
    )
    return (
        AlterationView(
            name=charge.discount_name,
            price_type=charge.kind,
            price=discount,
            product_offering_price=price_reference(
                bundle, charge.discount_id, charge.discount_name
            ),
        ),
    )


def total_prices(one_off_cents: Cents, monthly_cents: Cents) -> Iterator[OrderPriceView]:
    """Show the one-off and the monthly total, each unless it is zero."""
    for kind, cents in ((PriceKind.ONE_TIME, one_off_cents), (PriceKind.RECURRING, monthly_cents)):
        if cents:
            yield OrderPriceView(
                name="total",
                price_type=kind,
                recurring_charge_period=period_of(kind),
                price=PriceAmountView(duty_free_amount=MoneyView.of(cents)),
            )


def price_terms(charges: Iterable[Charge]) -> tuple[TermView, ...] | None:
    """Show the terms of those charges that have one."""
    return (
        tuple(
            TermView(
                name=charge.name, duration=QuantityView(amount=charge.term_months, units=MONTH)
            )
            for charge in charges
            if charge.term_months
        )
        or None
    )
