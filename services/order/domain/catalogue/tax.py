"""Taxes on prices, by category and date.

Categories and rates are data: `services/order/data/tax_rates.json`.
"""

from collections.abc import Mapping
from datetime import date
from functools import cache
from pathlib import Path

import msgspec

from shared.contracts import Cents

RATES_FILE = Path(__file__).parents[2] / "data/tax_rates.json"
UNTAXED = "none"
"""The category of what is not taxed."""

WHOLE_BASIS_POINTS = 10_000
"""Basis points, hundredths of a percent, of a whole amount."""


class TaxRate(msgspec.Struct, frozen=True, kw_only=True):
    """A rate, from a day on."""

    basis_points: int
    """In hundredths of a percent: 600 is 6 %."""

    valid_from: date


class TaxCategory(msgspec.Struct, frozen=True, kw_only=True):
    """What is taxed alike."""

    id: str
    name: str
    rates: tuple[TaxRate, ...]
    """From the oldest to the newest."""

    def rate_on(self, day: date) -> int:
        """Return the rate of a day, in basis points; the oldest one before all."""
        valid = [each.basis_points for each in self.rates if each.valid_from <= day]
        return valid[-1] if valid else self.rates[0].basis_points


class TaxRates(msgspec.Struct, frozen=True, kw_only=True):
    """All categories, and which one a price has that names none."""

    default: str
    specifications: Mapping[str, str]
    """The categories of specifications whose prices are not taxed by default."""

    categories: tuple[TaxCategory, ...]


@cache
def tax_rates() -> TaxRates:
    """Return the taxes, read once."""
    return msgspec.json.decode(RATES_FILE.read_bytes(), type=TaxRates)


@cache
def tax_categories() -> Mapping[str, TaxCategory]:
    """Return the categories by id."""
    return {each.id: each for each in tax_rates().categories}


def tax_rate(category: str, specification: str, day: date) -> int:
    """Return the rate for a price, in basis points.

    Args:
        category: the category that the price names; empty for that of its specification.
        specification: the specification of the price's offering.
        day: the day on which the order is placed.
    """
    rates = tax_rates()
    usual = rates.specifications.get(specification, rates.default)
    return tax_categories()[category or usual].rate_on(day)


def tax_cents(cents: Cents, basis_points: int) -> Cents:
    """Return the tax on an amount, half cents rounded up."""
    return (cents * basis_points + WHOLE_BASIS_POINTS // 2) // WHOLE_BASIS_POINTS
