"""Validation of prices, discounts and commitments of offerings."""

from collections.abc import Iterator, Mapping

from services.order.domain.catalogue.catalogue import (
    CharacteristicRule,
    LifeCycle,
    Offering,
    ValueType,
)
from services.order.domain.catalogue.characteristic_values import value_faults
from services.order.domain.catalogue.eligibility import period_order_faults
from services.order.domain.catalogue.prices import (
    WITH_TERM,
    Commitment,
    Discount,
    Price,
    PriceKind,
)
from services.order.domain.catalogue.reference_faults import (
    UNIQUE_REMEDY,
    dangling_reference_fault,
    identifier_faults,
)
from services.order.domain.catalogue.tax import tax_categories
from services.order.domain.suspension_reasons import reasons_by_id
from shared.contracts import Cents
from shared.errors import Fault

HUNDRED_PERCENT = 100
MAX_CENTS = 10**12
MAX_MONTHS = 600
DISCOUNTED = frozenset({PriceKind.ONE_TIME, PriceKind.RECURRING})


def price_faults(at: str, offering: Offering) -> Iterator[Fault]:
    """Name what is wrong with the prices and discounts of an offering, and with its commitment."""
    ids: list[str] = []
    for index, price in enumerate(offering.prices):
        here = f"{at}/prices/{index}"
        yield from price_id_faults(here, price.id, ids, offering)
        yield from amount_faults(f"{here}/amount_cents", price.amount_cents)
        yield from kind_faults(here, price)
        yield from tier_faults(here, price)
        if price.is_agreed:
            reason = "the catalogue has no prices by contract"
            yield Fault(f"{here}/is_agreed", "price-malformed", reason, "write an agreement")
        if price.tax and price.tax not in tax_categories():
            remedy = f"use one of: {', '.join(tax_categories())}"
            yield Fault(f"{here}/tax", "tax-unknown", "there is no such category", remedy)
    for index, discount in enumerate(offering.discounts):
        here = f"{at}/discounts/{index}"
        yield from price_id_faults(here, discount.id, ids, offering, code="discount-twice")
        yield from discount_faults(here, discount, offering)
    if offering.commitment:
        here = f"{at}/commitment"
        yield from price_id_faults(here, offering.commitment.id, ids, offering)
        yield from commitment_faults(here, offering.commitment)


def price_id_faults(
    at: str, id_: str, ids: list[str], offering: Offering, *, code: str = "price-twice"
) -> Iterator[Fault]:
    """Name what is wrong with the id of a price, discount or commitment, and remember it."""
    if offering.state is not LifeCycle.RETIRED:
        yield from identifier_faults(f"{at}/id", id_)
        if id_ in ids:
            yield Fault(f"{at}/id", code, "another has this id", UNIQUE_REMEDY)
    ids.append(id_)


def amount_faults(at: str, cents: Cents) -> Iterator[Fault]:
    """Name an amount that is out of range."""
    if not 0 <= cents <= MAX_CENTS:
        yield Fault(at, "amount-malformed", "the amount is out of range", "use cents")


def kind_faults(at: str, price: Price) -> Iterator[Fault]:
    """Name what a price has that one of its kind does not have, or lacks."""
    if (price.kind in WITH_TERM) is not (0 < price.term_months <= MAX_MONTHS):
        reason = "a minimum spend and a prepayment have a term in months, other prices have none"
        remedy = f"use 1 to {MAX_MONTHS} with minimumSpend and prepayment, 0 otherwise"
        yield Fault(f"{at}/term_months", "term-malformed", reason, remedy)
    if (price.kind is PriceKind.USAGE) is not bool(price.unit):
        reason = "a price for usage has a unit, other prices have none"
        yield Fault(f"{at}/unit", "unit-malformed", reason, "use a unit as minute or GB with usage")
    if price.suspended_for and price.kind is not PriceKind.RECURRING:
        reason = "a product that is suspended has recurring prices alone"
        yield Fault(f"{at}/suspended_for", "price-malformed", reason, "use the kind recurring")
    for unknown in sorted(set(price.suspended_for) - set(reasons_by_id())):
        reason, remedy = f"there is no reason {unknown}", f"use {', '.join(reasons_by_id())}"
        yield Fault(f"{at}/suspended_for", "suspension-reason-unknown", reason, remedy)


def tier_faults(at: str, price: Price) -> Iterator[Fault]:
    """Name what is wrong with the tiers of a price."""
    starts = [each.from_quantity for each in price.tiers]
    if starts and not price.per:
        reason = "without a quantity there are no tiers"
        yield Fault(f"{at}/per", "tier-malformed", reason, "name the characteristic in per")
    if starts != sorted(set(starts)) or any(each <= 1 for each in starts):
        reason = "tiers begin with rising quantities above 1"
        remedy = "sort them, and give the price from 1 on as amount_cents"
        yield Fault(f"{at}/tiers", "tier-malformed", reason, remedy)
    for index, tier in enumerate(price.tiers):
        yield from amount_faults(f"{at}/tiers/{index}/amount_cents", tier.amount_cents)


def price_characteristic_faults(
    at: str, price: Price, rules: Mapping[str, CharacteristicRule]
) -> Iterator[Fault]:
    """Name characteristics of a price that its specification does not have, or not so."""
    if price.per and (price.per not in rules or rules[price.per].type is not ValueType.INTEGER):
        reason = f"the specification has no characteristic {price.per} that is a whole number"
        yield dangling_reference_fault(f"{at}/per", reason)
    if price.when is None:
        return
    if price.when.characteristic not in rules:
        reason = "the specification has no such characteristic"
        yield dangling_reference_fault(f"{at}/when", reason)
    else:
        rule = rules[price.when.characteristic]
        yield from value_faults(f"{at}/when/value", price.when.value, rule, {})


def discount_faults(at: str, discount: Discount, offering: Offering) -> Iterator[Fault]:
    """Name what is wrong with one discount of an offering."""
    if offering.is_bundle and discount.member not in offering.members:
        yield dangling_reference_fault(f"{at}/member", "the bundle has no such member")
    if not offering.is_bundle and discount.member:
        reason = "an offering that is no bundle has no members"
        yield Fault(f"{at}/member", "discount-malformed", reason, "leave it out")
    if discount.price and not offering.is_bundle:
        named = next((each for each in offering.prices if each.id == discount.price), None)
        if named is None or named.kind is not discount.kind:
            reason = "the offering has no such price of this kind"
            yield dangling_reference_fault(f"{at}/price", reason)
    if discount.kind not in DISCOUNTED:
        reason = "one-time and recurring prices are reduced, others are not"
        yield Fault(f"{at}/kind", "discount-malformed", reason, "use oneTime or recurring")
    yield from reduction_faults(at, discount)
    yield from period_faults(at, discount)


def reduction_faults(at: str, discount: Discount) -> Iterator[Fault]:
    """Name what is wrong with the amount of a discount: a percentage or cents, one of both."""
    if bool(discount.percent) is bool(discount.amount_cents):
        reason = "a discount is a percentage or an amount"
        yield Fault(at, "discount-malformed", reason, "give percent, or amount_cents")
    if not 0 <= discount.percent <= HUNDRED_PERCENT:
        reason = "the percentage is out of range"
        yield Fault(f"{at}/percent", "percent-malformed", reason, "use 1 to 100")
    yield from amount_faults(f"{at}/amount_cents", discount.amount_cents)


def period_faults(at: str, discount: Discount) -> Iterator[Fault]:
    """Name what is wrong with when and for how long a discount is given."""
    if not 0 <= discount.months <= MAX_MONTHS or (
        discount.months and discount.kind is not PriceKind.RECURRING
    ):
        reason = "a discount on a recurring price may be given for some months"
        remedy = f"use 1 to {MAX_MONTHS} with recurring, 0 otherwise"
        yield Fault(f"{at}/months", "term-malformed", reason, remedy)
    yield from period_order_faults(at, discount.valid_from, discount.valid_until)


def commitment_faults(at: str, commitment: Commitment) -> Iterator[Fault]:
    """Name what is wrong with a commitment."""
    if not 1 <= commitment.months <= MAX_MONTHS:
        reason = "a commitment has a term in months"
        yield Fault(f"{at}/months", "term-malformed", reason, f"use 1 to {MAX_MONTHS}")
    if not 0 <= commitment.penalty_percent <= HUNDRED_PERCENT:
        reason = "the percentage is out of range"
        yield Fault(f"{at}/penalty_percent", "percent-malformed", reason, "use 0 to 100")
    yield from amount_faults(f"{at}/penalty_cents", commitment.penalty_cents)
