"""Amounts of money, quantities, periods and references to prices, as prices show them."""

from datetime import datetime
from typing import Self

from services.order.api.views.timestamps import UtcTimestamp
from services.order.domain.catalogue.prices import PriceKind
from shared.contracts import Cents
from shared.http import href_of
from shared.http.collection_paths import PRICES_PATH
from shared.http.views import UnvalidatedTmfView

CURRENCY = "CNY"
MONTH = "month"
CENTS_PER_UNIT = 100
BASIS_POINTS_PER_PERCENT = 100


class MoneyView(UnvalidatedTmfView):
    """An amount."""

    unit: str
    """ISO 4217."""

    value: float

    @classmethod
    def of(cls, cents: Cents) -> Self:
        """Show an amount."""
        return cls(unit=CURRENCY, value=cents / CENTS_PER_UNIT)


class QuantityView(UnvalidatedTmfView):
    """A quantity with its unit."""

    amount: int
    units: str


class ValidityView(UnvalidatedTmfView):
    """A period of validity."""

    start_date_time: UtcTimestamp | None = None
    end_date_time: UtcTimestamp | None = None

    @classmethod
    def of(cls, begin: datetime | None, end: datetime | None) -> Self | None:
        """Show a period; None if it has neither begin nor end."""
        return cls(start_date_time=begin, end_date_time=end) if begin or end else None


class PriceReferenceView(UnvalidatedTmfView):
    """A price of the catalogue, or a discount."""

    id: str
    href: str
    name: str


def price_reference(offering_id: str, price_id: str, name: str) -> PriceReferenceView:
    """Show a reference to a price of the catalogue; its id there is `offering:price`."""
    id_ = f"{offering_id}:{price_id}"
    return PriceReferenceView(id=id_, href=href_of(PRICES_PATH, id_), name=name)


def period_of(kind: PriceKind) -> str | None:
    """Return how often a price is charged."""
    return MONTH if kind in {PriceKind.RECURRING, PriceKind.MINIMUM_SPEND} else None


def rate_percent(basis_points: int) -> float:
    """Return a rate in percent."""
    return basis_points / BASIS_POINTS_PER_PERCENT
