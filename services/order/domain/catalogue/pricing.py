"""Prices of items, in whole cents, so that totals equal the sum of their lines."""

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

import msgspec

from services.order.domain.business_actions import NEW_INSTALLATION
from services.order.domain.catalogue.catalogue import Discount, Offering, Price, PriceKind
from shared.contracts import BusinessAction, Cents, Characteristic, Value

PERCENT = 100


class Charge(msgspec.Struct, frozen=True, omit_defaults=True):
    """One price line of an item. Stored with the order."""

    price_id: str
    name: str
    kind: PriceKind
    list_cents: Cents
    discount_id: str = ""
    discount_name: str = ""
    discount_percent: int = 0
    discount_cents: Cents = 0
    term_months: int = 0

    @property
    def cents(self) -> Cents:
        """The amount charged, less the discount."""
        return self.list_cents - self.discount_cents


class Quote(NamedTuple):
    """The price of an item: its lines and totals."""

    charges: tuple[Charge, ...]
    one_off_cents: Cents
    monthly_cents: Cents


FREE = Quote((), 0, 0)
"""The price of a disconnection."""


def quote(
    offering: Offering,
    characteristics: Iterable[Characteristic],
    discounts: Iterable[Discount] = (),
    action: BusinessAction = NEW_INSTALLATION,
) -> Quote:
    """Price one product, as a member of a bundle with the bundle's discounts.

    One-time prices are those of the business action, monthly ones those of the product.

    A minimum spend that exceeds the monthly charges adds what is missing, so
    the sum of the lines is always the sum to pay.
    """
    values = {each.name: each.value for each in characteristics}
    prices = [
        price
        for price in offering.prices
        if applies(price, values) and is_charged_for(price, action)
    ]
    by_kind = {each.kind: each for each in discounts if each.member == offering.id}
    charges = [
        charge(price, by_kind) for price in prices if price.kind is not PriceKind.MINIMUM_SPEND
    ]
    charges += minimum_spend_shortfall_charge(prices, total_cents(charges, PriceKind.RECURRING))
    return Quote(
        tuple(charges),
        total_cents(charges, PriceKind.ONE_TIME),
        total_cents(charges, PriceKind.RECURRING),
    )


def applies(price: Price, values: Mapping[str, Value]) -> bool:
    """Tell whether a price is due for a product with these characteristics."""
    return price.when is None or values.get(price.when.characteristic) == price.when.value


def is_charged_for(price: Price, action: BusinessAction) -> bool:
    """Tell whether a price is due with this business action."""
    return price.kind is not PriceKind.ONE_TIME or action in price.charged_with


def charge(price: Price, discounts: Mapping[PriceKind, Discount]) -> Charge:
    """Return the charge for a price, less its kind's discount unless the price is conditional."""
    discount = discounts.get(price.kind)
    if discount is None or price.when:
        return Charge(price.id, price.name, price.kind, price.amount_cents)
    return Charge(
        price.id,
        price.name,
        price.kind,
        price.amount_cents,
        discount.id,
        discount.name,
        discount.percent,
        percentage_of(price.amount_cents, discount.percent),
    )


def percentage_of(cents: Cents, percent: int) -> Cents:
    """Return a percentage of an amount, half cents rounded up."""
    return (cents * percent + PERCENT // 2) // PERCENT


def minimum_spend_shortfall_charge(
    prices: Iterable[Price], monthly_cents: Cents
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
        )


def total_cents(charges: Iterable[Charge], kind: PriceKind) -> Cents:
    """Add up the charges of one kind."""
    return sum(each.cents for each in charges if each.kind is kind)
