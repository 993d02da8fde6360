"""Prices as TM Forum shows them."""

from collections.abc import Iterable, Iterator

from services.order.api.views.base import PRICES_PATH, BaseView
from services.order.domain.catalogue.catalogue import PriceKind
from services.order.domain.catalogue.pricing import Charge
from shared.contracts import Cents
from shared.http import href_of

CURRENCY = "CNY"
MONTH = "month"
CENTS_PER_UNIT = 100


class MoneyView(BaseView):
    """An amount."""

    unit: str
    """ISO 4217."""

    value: float

    @classmethod
    def of(cls, cents: Cents) -> "MoneyView":
        """Show an amount."""
        return cls(unit=CURRENCY, value=cents / CENTS_PER_UNIT)


class PriceAmountView(BaseView):
    """A price, without tax."""

    duty_free_amount: MoneyView
    percentage: float | None = None


class PriceReferenceView(BaseView):
    """A price of the catalogue, or a discount."""

    id: str
    href: str
    name: str


class AlterationView(BaseView):
    """What is taken off a price."""

    name: str
    price_type: PriceKind
    price: PriceAmountView
    product_offering_price: PriceReferenceView


class OrderPriceView(BaseView):
    """One line of what something costs, or a sum of lines."""

    name: str
    price_type: PriceKind
    recurring_charge_period: str | None = None
    price: PriceAmountView
    price_alteration: tuple[AlterationView, ...] | None = None
    product_offering_price: PriceReferenceView | None = None


class QuantityView(BaseView):
    """So many of something."""

    amount: int
    units: str


class TermView(BaseView):
    """How long a price binds."""

    name: str
    duration: QuantityView


def period_of(kind: PriceKind) -> str | None:
    """Return how often a price is charged."""
    return None if kind is PriceKind.ONE_TIME else MONTH


def price_reference(offering_id: str, price_id: str, name: str) -> PriceReferenceView:
    """Show where the catalogue has a price of an offering. Its id is the offering's and its own."""
    id_ = f"{offering_id}:{price_id}"
    return PriceReferenceView(id=id_, href=href_of(PRICES_PATH, id_), name=name)


def price_lines(
    charges: Iterable[Charge], offering_id: str, bundle: str
) -> tuple[OrderPriceView, ...]:
    """Show charges for an offering, each as a line; discounts are those of its bundle."""
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
    """Show what was taken off a charge, if something was."""
    if not charge.discount_cents:
        return None
    off = PriceAmountView(
        duty_free_amount=MoneyView.of(-charge.discount_cents),
        percentage=-charge.discount_percent,
    )
    return (
        AlterationView(
            name=charge.discount_name,
            price_type=charge.kind,
            price=off,
            product_offering_price=price_reference(
                bundle, charge.discount_id, charge.discount_name
            ),
        ),
    )


def total_prices(one_off_cents: Cents, monthly_cents: Cents) -> Iterator[OrderPriceView]:
    """Show what something costs once and every month, as far as it does."""
    for kind, cents in ((PriceKind.ONE_TIME, one_off_cents), (PriceKind.RECURRING, monthly_cents)):
        if cents:
            yield OrderPriceView(
                name="total",
                price_type=kind,
                recurring_charge_period=period_of(kind),
                price=PriceAmountView(duty_free_amount=MoneyView.of(cents)),
            )


def price_terms(charges: Iterable[Charge]) -> tuple[TermView, ...] | None:
    """Show how long charges bind, as far as they do."""
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
