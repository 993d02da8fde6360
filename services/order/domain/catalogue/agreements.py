"""Agreements (合同价): prices and values of characteristics that one customer has by contract."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType

from services.order.domain.catalogue.catalogue import (
    Catalogue,
    FixedValue,
    Offering,
    find_version,
)
from services.order.domain.catalogue.characteristic_values import type_faults
from services.order.domain.catalogue.eligibility import period_order_faults
from services.order.domain.catalogue.price_validation import amount_faults
from services.order.domain.catalogue.prices import PriceKind
from services.order.domain.catalogue.reference_faults import dangling_reference_fault
from shared.contracts import Value
from shared.errors import Fault
from shared.input.numbers import WholeNumber
from shared.input.timestamps import Timestamp


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreedPrice:
    """The amount of one price of an offering by contract, in cents without tax.

    It takes the place of the amount and the tiers of the catalogue; discounts are not given on it.
    """

    offering: str
    price: str
    amount_cents: WholeNumber


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreedValue:
    """The value of a characteristic by contract, also one that the catalogue does not sell."""

    offering: str
    name: str
    value: Value


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreementTerms:
    """What is agreed with one customer, and for how long."""

    customer: str
    name: str
    prices: tuple[AgreedPrice, ...] = ()
    values: tuple[AgreedValue, ...] = ()
    valid_from: Timestamp | None = None
    valid_until: Timestamp | None = None
    """Orders from this time on no longer have it."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """An agreement with one customer, approved by a second person."""

    id: str
    changed_at: datetime
    changed_by: str
    terms: AgreementTerms


def agreement_faults(terms: AgreementTerms, catalogue: Catalogue) -> Iterator[Fault]:
    """Name what is wrong with an agreement: amounts, and references to the catalogue."""
    yield from period_order_faults("", terms.valid_from, terms.valid_until)
    if not terms.prices and not terms.values:
        reason = "nothing is agreed"
        yield Fault("", "agreement-empty", reason, "give prices, or values of characteristics")
    for index, price in enumerate(terms.prices):
        at = f"/prices/{index}"
        yield from amount_faults(f"{at}/amount_cents", price.amount_cents)
        offering = find_version(catalogue.offerings, price.offering)
        prices = offering.prices if offering else ()
        if not any(each.id == price.price and is_agreeable(each.kind) for each in prices):
            reason = "no offering has such a price that an order charges"
            yield dangling_reference_fault(f"{at}/price", reason)
    for index, agreed in enumerate(terms.values):
        yield from agreed_value_faults(f"/values/{index}", agreed, catalogue)


def is_agreeable(kind: PriceKind) -> bool:
    """Tell whether orders charge prices of a kind."""
    return kind is not PriceKind.USAGE


def agreed_value_faults(at: str, agreed: AgreedValue, catalogue: Catalogue) -> Iterator[Fault]:
    """Name what is wrong with an agreed value: it must be of the characteristic's type."""
    offering = find_version(catalogue.offerings, agreed.offering)
    name = offering.specification if offering else ""
    specification = find_version(catalogue.specifications, name)
    rules = {each.name: each for each in specification.characteristics} if specification else {}
    if agreed.name not in rules:
        reason = "no offering has such a characteristic"
        yield dangling_reference_fault(f"{at}/name", reason)
    else:
        yield from type_faults(f"{at}/value", agreed.value, rules[agreed.name])


def is_valid(agreement: Agreement, now: datetime) -> bool:
    """Tell whether orders that are placed now have an agreement."""
    begin, end = agreement.terms.valid_from, agreement.terms.valid_until
    return (begin is None or begin <= now) and (end is None or now < end)


def under_agreement(catalogue: Catalogue, agreement: Agreement) -> Catalogue:
    """Return the catalogue as one customer has it by contract."""
    terms = agreement.terms
    concerned = {each.offering for each in terms.prices}
    concerned |= {each.offering for each in terms.values}
    offerings = tuple(
        with_agreed_terms(each, terms) if each.id in concerned else each
        for each in catalogue.offerings
    )
    sellable = {
        id_: with_agreed_terms(each, terms) if id_ in concerned else each
        for id_, each in catalogue.sellable_offerings.items()
    }
    return replace(catalogue, offerings=offerings, sellable_offerings=MappingProxyType(sellable))


def with_agreed_terms(offering: Offering, terms: AgreementTerms) -> Offering:
    """Return an offering with the prices and values of an agreement."""
    amounts = {each.price: each for each in terms.prices if each.offering == offering.id}
    values: Mapping[str, Value] = {
        **{each.name: each.value for each in offering.fixed},
        **{each.name: each.value for each in terms.values if each.offering == offering.id},
    }
    prices = tuple(
        replace(each, amount_cents=amounts[each.id].amount_cents, tiers=(), is_agreed=True)
        if each.id in amounts
        else each
        for each in offering.prices
    )
    fixed = tuple(FixedValue(name=name, value=value) for name, value in values.items())
    return replace(offering, prices=prices, fixed=fixed)
