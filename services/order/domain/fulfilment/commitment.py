"""Commitments: terms for which a customer commits to a product, and the penalty for leaving early.

A commitment begins with the calendar month after completion. The penalty is due when the product is
disconnected within it, or changed to lower monthly charges.
"""

from collections.abc import Iterable
from datetime import date

from services.order.domain.catalogue.billing_dates import add_months, months_between
from services.order.domain.catalogue.catalogue import Offering
from services.order.domain.catalogue.prices import PriceKind
from services.order.domain.catalogue.pricing import Charge, lasting_total, percentage_of
from services.order.domain.catalogue.tax import UNTAXED, tax_rate
from services.order.domain.order import CommitmentTerms, StoredStruct
from shared.contracts import Cents


class ProductCommitment(StoredStruct, frozen=True, kw_only=True):
    """The commitment of a product."""

    terms: CommitmentTerms
    since: date
    """Its first day: the first of a month, that of the first one if it was renewed."""

    until: date
    """The first day after it: the first of a month."""

    monthly_cents: Cents
    """The monthly charges that the customer has agreed to, without discounts for some months."""

    def months_left(self, day: date) -> int:
        """Return the months left, that of the day included; before it begins all of its months."""
        return months_between(max(day, self.since), self.until)


def commitment_terms(offering: Offering) -> CommitmentTerms | None:
    """Return the terms of an offering's commitment, as they are agreed with an order."""
    found = offering.commitment
    if found is None:
        return None
    return CommitmentTerms(
        price_id=found.id,
        name=found.name,
        months=found.months,
        penalty_percent=found.penalty_percent,
        penalty_cents=found.penalty_cents,
    )


def new_commitment(
    terms: CommitmentTerms,
    monthly_cents: Cents,
    day: date,
    renewed: ProductCommitment | None = None,
) -> ProductCommitment:
    """Return a commitment that is agreed on a day; it follows the one that it renews, if any."""
    begin = max(add_months(day, 1), renewed.until if renewed else day)
    return ProductCommitment(
        terms=terms,
        since=renewed.since if renewed and renewed.until > day else begin,
        until=add_months(begin, terms.months),
        monthly_cents=monthly_cents,
    )


def leaves_commitment(commitment: ProductCommitment | None, charges: Iterable[Charge]) -> bool:
    """Tell whether other charges of a product are below those to which its customer is committed.

    Discounts that are given for some months are not deducted on either side.
    """
    return commitment is not None and lasting_total(charges) < commitment.monthly_cents


def penalty_charge(commitment: ProductCommitment | None, day: date) -> Charge | None:
    """Return the penalty for leaving a commitment on a day; None if none is due."""
    if commitment is None or not (left := commitment.months_left(day)):
        return None
    terms = commitment.terms
    percentage = percentage_of(commitment.monthly_cents * left, terms.penalty_percent)
    if not (cents := percentage + terms.penalty_cents):
        return None
    return Charge(
        terms.price_id,
        terms.name,
        PriceKind.ONE_TIME,
        cents,
        quantity=left,
        tax_basis_points=tax_rate(UNTAXED, "", day),
    )
