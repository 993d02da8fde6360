"""Prices of items, in whole cents, so that totals equal the sum of their lines."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from typing import NamedTuple

import msgspec

from services.order.domain.business_actions import NEW_INSTALLATION
from services.order.domain.catalogue.catalogue import Offering
from services.order.domain.catalogue.prices import (
    PAID_ONCE,
    BillingMonth,
    Discount,
    Price,
    PriceKind,
)
from services.order.domain.catalogue.tax import tax_cents, tax_rate
from services.order.domain.local_time import local_day
from shared.contracts import BusinessAction, Cents, Characteristic, Value

PERCENT = 100
NO_DISCOUNT = Discount(id="", name="", kind=PriceKind.RECURRING)


class Charge(msgspec.Struct, frozen=True, omit_defaults=True):
    """One price line of an item. Stored with the order."""

    price_id: str
    name: str
    kind: PriceKind
    list_cents: Cents
    discount_id: str = ""
    discount_name: str = ""
    discount_percent: int = 0
    """0 if the discount is an amount."""

    discount_cents: Cents = 0
    term_months: int = 0
    quantity: int = 1
    """The units in `list_cents`."""

    discount_months: int = 0
    """For how many months the discount is given; 0 as long as the product is charged."""

    is_own_discount: bool = False
    """Whether the discount is the offering's own, not that of a bundle."""

    first_month: BillingMonth = BillingMonth.DAILY
    tax_basis_points: int = 0
    """The rate of the tax on it, in hundredths of a percent."""

    since: date | None = None
    """The day from which a recurring charge of a product is due; None before that is known."""

    @property
    def cents(self) -> Cents:
        """The amount charged, less the discount, without tax."""
        return self.list_cents - self.discount_cents

    @property
    def lasting_cents(self) -> Cents:
        """The amount charged when a discount for some months is over, without tax."""
        return self.list_cents if self.discount_months else self.cents

    @property
    def tax_cents(self) -> Cents:
        """The tax on the amount charged."""
        return tax_cents(self.cents, self.tax_basis_points)


class ItemPrice(NamedTuple):
    """The price of an item: its lines and totals, without tax."""

    charges: tuple[Charge, ...]
    one_off_cents: Cents
    monthly_cents: Cents


FREE = ItemPrice((), 0, 0)
"""The price of an item that costs nothing."""


class PricingContext(NamedTuple):
    """On what the price of a product depends, beside its offering and characteristics."""

    now: datetime
    """When the order is placed: it decides on promotions and on the rates of taxes."""

    action: BusinessAction = NEW_INSTALLATION
    bundle_discounts: tuple[Discount, ...] = ()
    """Those of the bundle in which the product is sold."""

    suspended_for: frozenset[str] = frozenset()
    """The reasons for which the product is suspended then; empty for its usual price."""

    local_network: str = ""
    """Its day decides on the rates of taxes."""

    @property
    def day(self) -> date:
        """The day of the order in the local network."""
        return local_day(self.local_network, self.now)


def price_product(
    offering: Offering, characteristics: Iterable[Characteristic], context: PricingContext
) -> ItemPrice:
    """Price one product.

    Prices that are paid once are those of the business action, recurring ones those of the product,
    usual or suspended; a minimum spend is due in either state.
    A minimum spend that exceeds the monthly charges adds what is missing, so
    the sum of the lines is always the sum to pay. A discount for some months does not count
    there: while it is given the month may be below the minimum.
    """
    values = {each.name: each.value for each in characteristics}
    prices = [price for price in offering.prices if is_due(price, values, context)]
    discounts = valid_discounts(offering, context)
    charges = [
        charge(price, offering, values, discounts, context)
        for price in prices
        if price.kind is not PriceKind.MINIMUM_SPEND
    ]
    monthly_cents = lasting_total(charges)
    charges += minimum_spend_shortfall_charge(prices, monthly_cents, offering, context)
    return price_of(charges)


def price_of(charges: Iterable[Charge]) -> ItemPrice:
    """Return charges with their totals."""
    lines = tuple(charges)
    return ItemPrice(lines, one_off_total(lines), recurring_total(lines))


def is_due(price: Price, values: Mapping[str, Value], context: PricingContext) -> bool:
    """Tell whether a price is due for a product with these characteristics, now."""
    if price.kind is PriceKind.USAGE:
        return False
    if price.kind in PAID_ONCE and context.action not in price.charged_with:
        return False
    if price.kind is PriceKind.RECURRING and not is_for_state(price, context.suspended_for):
        return False
    return price.when is None or values.get(price.when.characteristic) == price.when.value


def is_for_state(price: Price, reasons: frozenset[str]) -> bool:
    """Tell whether a recurring price is due for a product that is suspended for these reasons."""
    return not reasons.isdisjoint(price.suspended_for) if reasons else not price.suspended_for


def has_prices_while_suspended(offering: Offering, reasons: frozenset[str]) -> bool:
    """Tell whether a product costs something else while it is suspended for these reasons."""
    return any(not reasons.isdisjoint(each.suspended_for) for each in offering.prices)


def valid_discounts(offering: Offering, context: PricingContext) -> list[Discount]:
    """Return the discounts on the prices of an offering: its own, and those of the bundle."""
    of_bundle = (each for each in context.bundle_discounts if each.member == offering.id)
    own = (each for each in offering.discounts if not each.member)
    return [each for each in (*of_bundle, *own) if is_valid(each, context.now)]


def is_valid(discount: Discount, now: datetime) -> bool:
    """Tell whether orders that are placed now have a discount."""
    begin, end = discount.valid_from, discount.valid_until
    return (begin is None or begin <= now) and (end is None or now < end)


def charge(
    price: Price,
    offering: Offering,
    values: Mapping[str, Value],
    discounts: Iterable[Discount],
    context: PricingContext,
) -> Charge:
    """Return the charge for a price, less the highest of its discounts."""
    quantity = quantity_of(price, values)
    list_cents = unit_cents(price, quantity) * quantity
    discount = max(
        (each for each in discounts if is_reduced_by(price, each)),
        key=lambda each: discount_cents(each, list_cents),
        default=NO_DISCOUNT,
    )
    return Charge(
        price.id,
        price.name,
        price.kind,
        list_cents,
        discount.id,
        discount.name,
        discount.percent,
        discount_cents(discount, list_cents),
        term_months=price.term_months,
        quantity=quantity,
        discount_months=discount.months,
        is_own_discount=bool(discount.id and not discount.member),
        first_month=price.first_month,
        tax_basis_points=tax_rate(price.tax, offering.specification, context.day),
    )


def quantity_of(price: Price, values: Mapping[str, Value]) -> int:
    """Return the quantity for which a price is due: that of its characteristic, if it names one."""
    found = values.get(price.per) if price.per else None
    return found if isinstance(found, int) else 1


def unit_cents(price: Price, quantity: int) -> Cents:
    """Return the amount for one unit: that of the highest tier that the quantity reaches."""
    reached = [each for each in price.tiers if each.from_quantity <= quantity]
    return reached[-1].amount_cents if reached else price.amount_cents


def is_reduced_by(price: Price, discount: Discount) -> bool:
    """Tell whether a discount is given on a price: one that it names, or any unconditional one."""
    if discount.kind is not price.kind or price.is_agreed:
        return False
    return discount.price == price.id if discount.price else price.when is None


def discount_cents(discount: Discount, list_cents: Cents) -> Cents:
    """Return what a discount takes off an amount, at most all of it."""
    if discount.percent:
        return percentage_of(list_cents, discount.percent)
    return min(discount.amount_cents, list_cents)


def percentage_of(cents: Cents, percent: int) -> Cents:
    """Return a percentage of an amount, half cents rounded up."""
    return (cents * percent + PERCENT // 2) // PERCENT


def minimum_spend_shortfall_charge(
    prices: Iterable[Price], monthly_cents: Cents, offering: Offering, context: PricingContext
) -> Iterator[Charge]:
    """Yield a charge for what is missing to the highest minimum spend, if anything is."""
    minima = (price for price in prices if price.kind is PriceKind.MINIMUM_SPEND)
    highest = max(minima, key=lambda price: price.amount_cents, default=None)
    if highest and highest.amount_cents > monthly_cents:
        yield Charge(
            highest.id,
            highest.name,
            PriceKind.RECURRING,
            highest.amount_cents - monthly_cents,
            term_months=highest.term_months,
            first_month=highest.first_month,
            tax_basis_points=tax_rate(highest.tax, offering.specification, context.day),
        )


def one_off_total(charges: Iterable[Charge]) -> Cents:
    """Add up what is paid once."""
    return sum(each.cents for each in charges if each.kind in PAID_ONCE)


def recurring_total(charges: Iterable[Charge]) -> Cents:
    """Add up what is paid every month."""
    return sum(each.cents for each in charges if each.kind is PriceKind.RECURRING)


def lasting_total(charges: Iterable[Charge]) -> Cents:
    """Add up what is paid every month when discounts for some months are over."""
    return sum(each.lasting_cents for each in charges if each.kind is PriceKind.RECURRING)
