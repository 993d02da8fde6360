"""Views of prices: the lines and totals of orders, products and quotes."""

from collections.abc import Iterable, Iterator

from services.order.api.views.amounts import (
    MONTH,
    MoneyView,
    PriceReferenceView,
    QuantityView,
    ValidityView,
    period_of,
    price_reference,
    rate_percent,
)
from services.order.domain.catalogue.prices import PAID_ONCE, PriceKind
from services.order.domain.catalogue.pricing import Charge
from services.order.domain.fulfilment.commitment import ProductCommitment
from services.order.domain.local_time import start_of_day
from services.order.domain.order import CommitmentTerms
from shared.http.views import UnvalidatedTmfView


class PriceAmountView(UnvalidatedTmfView):
    """A price, without tax and with it."""

    duty_free_amount: MoneyView
    tax_included_amount: MoneyView | None = None
    tax_rate: float | None = None
    """In percent; a total of lines with other rates has none."""

    percentage: float | None = None


class AlterationView(UnvalidatedTmfView):
    """A discount on a price."""

    name: str
    price_type: PriceKind
    application_duration: int | None = None
    """For how many months it is given; without it as long as the price is due."""

    price: PriceAmountView
    product_offering_price: PriceReferenceView


class OrderPriceView(UnvalidatedTmfView):
    """One line of a price, or a total of lines."""

    name: str
    price_type: PriceKind
    recurring_charge_period: str | None = None
    quantity: int | None = None
    """Extension: the units in a price that is for one unit; for a penalty the months left."""

    price: PriceAmountView
    price_alteration: tuple[AlterationView, ...] | None = None
    product_offering_price: PriceReferenceView | None = None


class TermView(UnvalidatedTmfView):
    """A term: that of a price, or a commitment."""

    name: str
    duration: QuantityView
    valid_for: ValidityView | None = None


def price_lines(
    charges: Iterable[Charge], offering_id: str, bundle: str
) -> tuple[OrderPriceView, ...]:
    """Show charges for an offering, one line each; discounts are its own or its bundle's."""
    return tuple(
        OrderPriceView(
            name=charge.name,
            price_type=charge.kind,
            recurring_charge_period=period_of(charge.kind),
            quantity=charge.quantity if charge.quantity > 1 else None,
            price=taxed_amount(charge),
            price_alteration=price_alteration(charge, offering_id, bundle),
            product_offering_price=price_reference(offering_id, charge.price_id, charge.name),
        )
        for charge in charges
    )


def taxed_amount(charge: Charge) -> PriceAmountView:
    """Show the amount of a charge with its tax; without a rate it is not known."""
    amount = PriceAmountView(duty_free_amount=MoneyView.of(charge.cents))
    if not charge.tax_basis_points:
        return amount
    return PriceAmountView(
        duty_free_amount=amount.duty_free_amount,
        tax_included_amount=MoneyView.of(charge.cents + charge.tax_cents),
        tax_rate=rate_percent(charge.tax_basis_points),
    )


def price_alteration(
    charge: Charge, offering_id: str, bundle: str
) -> tuple[AlterationView, ...] | None:
    """Show the discount on a charge; None if there is none."""
    if not charge.discount_cents:
        return None
    given_by = offering_id if charge.is_own_discount else bundle
    return (
        AlterationView(
            name=charge.discount_name,
            price_type=charge.kind,
            application_duration=charge.discount_months or None,
            price=PriceAmountView(
                duty_free_amount=MoneyView.of(-charge.discount_cents),
                percentage=-charge.discount_percent if charge.discount_percent else None,
            ),
            product_offering_price=price_reference(
                given_by, charge.discount_id, charge.discount_name
            ),
        ),
    )


def total_prices(charges: Iterable[Charge]) -> Iterator[OrderPriceView]:
    """Show what is paid once and what is paid every month, each unless it is zero."""
    lines = tuple(charges)
    paid_once = [each for each in lines if each.kind in PAID_ONCE]
    recurring = [each for each in lines if each.kind is PriceKind.RECURRING]
    for kind, found in ((PriceKind.ONE_TIME, paid_once), (PriceKind.RECURRING, recurring)):
        cents, tax = sum(each.cents for each in found), sum(each.tax_cents for each in found)
        if cents:
            yield OrderPriceView(
                name="total",
                price_type=kind,
                recurring_charge_period=period_of(kind),
                price=PriceAmountView(
                    duty_free_amount=MoneyView.of(cents),
                    tax_included_amount=MoneyView.of(cents + tax) if tax else None,
                ),
            )


def price_terms(
    charges: Iterable[Charge], commitment: CommitmentTerms | None = None
) -> tuple[TermView, ...] | None:
    """Show the terms of those charges that have one, and a commitment that is agreed."""
    terms = [
        TermView(name=each.name, duration=months_view(each.term_months))
        for each in charges
        if each.term_months
    ]
    if commitment:
        terms.append(TermView(name=commitment.name, duration=months_view(commitment.months)))
    return tuple(terms) or None


def commitment_term(commitment: ProductCommitment, local_network: str) -> TermView:
    """Show the commitment of a product, and when it ends."""
    return TermView(
        name=commitment.terms.name,
        duration=months_view(commitment.terms.months),
        valid_for=ValidityView(end_date_time=start_of_day(local_network, commitment.until)),
    )


def months_view(months: int) -> QuantityView:
    """Show a number of months."""
    return QuantityView(amount=months, units=MONTH)
