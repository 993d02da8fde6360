"""Validation of catalogue entries: their values, and their references to each other."""

import re
from collections.abc import Iterator

from services.order.domain.business_actions import GIVING_ACTIONS
from services.order.domain.catalogue.catalogue import (
    Catalogue,
    CharacteristicRule,
    LifeCycle,
    Offering,
    Price,
    PriceKind,
    Specification,
)
from services.order.domain.catalogue.characteristic_values import compile_pattern, value_faults
from services.order.domain.catalogue.eligibility import eligibility_rule_faults, validity_faults
from shared.errors import Fault
from shared.input.ids import IDENTIFIER_IN_WORDS, is_identifier

PRICE_ID_SEPARATOR = ":"
"""Separates the id of an offering from the id of its price."""

HUNDRED_PERCENT = 100
MIN_BUNDLE_MEMBERS = 2
UNIQUE_REMEDY = "give each its own"
MAX_CENTS = 10**12
MAX_VERSION = 10**6


def id_and_version_faults(at: str, id_: str, version: int) -> Iterator[Fault]:
    """Name what is wrong with an id or a version."""
    yield from identifier_faults(f"{at}/id", id_)
    if not 1 <= version <= MAX_VERSION:
        reason = f"versions go from 1 to {MAX_VERSION}"
        yield Fault(f"{at}/version", "version-malformed", reason, "count up from the newest")


def identifier_faults(at: str, id_: str) -> Iterator[Fault]:
    """Name what is wrong with the id of an entry or of a part of one."""
    if not is_identifier(id_) or PRICE_ID_SEPARATOR in id_:
        remedy = f"{IDENTIFIER_IN_WORDS}; no colon, which stands before the id of a price"
        yield Fault(at, "id-malformed", "the id has not the right form", remedy)


def specification_faults(at: str, specification: Specification) -> Iterator[Fault]:
    """Name what is wrong with a specification by itself."""
    yield from id_and_version_faults(at, specification.id, specification.version)
    yield from identity_faults(at, specification)
    names = [rule.name for rule in specification.characteristics]
    for index, rule in enumerate(specification.characteristics):
        here = f"{at}/characteristics/{index}"
        if rule.name in names[:index]:
            yield Fault(f"{here}/name", "name-twice", "another has this name", UNIQUE_REMEDY)
        for missing in set(rule.requires) - set(names):
            yield dangling_reference_fault(
                f"{here}/requires", f"there is no characteristic {missing}"
            )
        yield from rule_faults(here, rule)


def identity_faults(at: str, specification: Specification) -> Iterator[Fault]:
    """Name a count per identity that orders without a real-name check would evade."""
    missing = [each for each in GIVING_ACTIONS if each not in specification.identified_for]
    if specification.counts_per_identity and missing:
        reason = f"products are counted, and the holder is not known after: {', '.join(missing)}"
        remedy = "add these actions, or leave counts_per_identity out"
        yield Fault(f"{at}/identified_for", "count-unidentified", reason, remedy)


def relation_faults(at: str, specification: Specification, catalogue: Catalogue) -> Iterator[Fault]:
    """Name relations to specifications that there are not, or that lead back in a circle."""
    active = catalogue.active_specifications
    named = {
        f"{at}/relies_on": (specification.relies_on,) if specification.relies_on else (),
        f"{at}/excludes": specification.excludes,
    }
    for place, others in named.items():
        for missing in sorted(set(others) - set(active)):
            yield dangling_reference_fault(place, f"there is no active specification {missing}")
    if specification.id in specification.excludes:
        reason, remedy = "a specification does not exclude itself", "name another one"
        yield Fault(f"{at}/excludes", "self-reference", reason, remedy)
    chain, below = [specification.id], specification.relies_on
    while below and below not in chain:
        chain.append(below)
        below = active[below].relies_on if below in active else ""
    if below:
        reason = f"relies on itself: {' → '.join((*chain, below))}"
        yield Fault(f"{at}/relies_on", "circle", reason, "leave one of these relations out")


def rule_faults(at: str, rule: CharacteristicRule) -> Iterator[Fault]:
    """Name what is wrong with the values that a characteristic may have."""
    try:
        compile_pattern(rule.pattern)
    except (re.error, ValueError) as error:
        reason = f"the pattern is no regular expression: {error}"
        yield Fault(f"{at}/pattern", "pattern-malformed", reason, "write it as Python's re does")
        return
    unrestricted = CharacteristicRule(name=rule.name, type=rule.type, pattern=rule.pattern)
    for index, value in enumerate(rule.allowed):
        yield from value_faults(f"{at}/allowed/{index}", value, unrestricted, {})


def offering_faults(at: str, offering: Offering, catalogue: Catalogue) -> Iterator[Fault]:
    """Name what is wrong with an offering in the resulting catalogue."""
    yield from id_and_version_faults(at, offering.id, offering.version)
    yield from price_faults(at, offering)
    if offering.state is not LifeCycle.RETIRED:
        yield from eligibility_rule_faults(f"{at}/eligibility", offering.eligibility)
        yield from validity_faults(f"{at}/eligibility", offering.eligibility)
    if bool(offering.specification) is offering.is_bundle:
        yield Fault(
            at,
            "offering-undecided",
            "an offering has either a specification or members",
            "give specification, or members",
        )
    elif offering.is_bundle:
        yield from bundle_faults(at, offering, catalogue)
    elif (specification := catalogue.active_specifications.get(offering.specification)) is None:
        yield dangling_reference_fault(
            f"{at}/specification", "there is no active specification of this id"
        )
    else:
        yield from specification_mismatch_faults(at, offering, specification)


def specification_mismatch_faults(
    at: str, offering: Offering, specification: Specification
) -> Iterator[Fault]:
    """Name what does not fit between an offering and its specification."""
    rules = {rule.name: rule for rule in specification.characteristics}
    for index, fixed in enumerate(offering.fixed):
        here = f"{at}/fixed/{index}"
        if fixed.name not in rules:
            yield dangling_reference_fault(
                f"{here}/name", "the specification has no such characteristic"
            )
        else:
            yield from value_faults(f"{here}/value", fixed.value, rules[fixed.name], {})
    for index, price in enumerate(offering.prices):
        here = f"{at}/prices/{index}/when"
        if price.when and price.when.characteristic not in rules:
            yield dangling_reference_fault(here, "the specification has no such characteristic")
        elif price.when:
            rule = rules[price.when.characteristic]
            yield from value_faults(f"{here}/value", price.when.value, rule, {})
    if offering.discounts:
        yield dangling_reference_fault(f"{at}/discounts", "only a bundle gives discounts")


def price_faults(at: str, offering: Offering) -> Iterator[Fault]:
    """Name what is wrong with prices by themselves."""
    ids = [price.id for price in offering.prices]
    for index, price in enumerate(offering.prices):
        here = f"{at}/prices/{index}"
        if offering.state is not LifeCycle.RETIRED:
            yield from identifier_faults(f"{here}/id", price.id)
        if price.id in ids[:index]:
            yield Fault(f"{here}/id", "price-twice", "another has this id", UNIQUE_REMEDY)
        if not 0 <= price.amount_cents <= MAX_CENTS:
            yield Fault(
                f"{here}/amount_cents",
                "amount-malformed",
                "the amount is out of range",
                "use cents",
            )
        yield from term_faults(here, price)


def term_faults(at: str, price: Price) -> Iterator[Fault]:
    """Name a term that is missing, or that the kind of price does not have."""
    needs_term = price.kind is PriceKind.MINIMUM_SPEND
    if needs_term is not (price.term_months > 0):
        yield Fault(
            f"{at}/term_months",
            "term-malformed",
            "a minimum spend has a term in months, other prices have none",
            "use 1 or more with minimumSpend, 0 otherwise",
        )


def bundle_faults(at: str, bundle: Offering, catalogue: Catalogue) -> Iterator[Fault]:
    """Name what is wrong with a bundle: its members and its discounts."""
    if len(bundle.members) < MIN_BUNDLE_MEMBERS or bundle.prices or bundle.fixed:
        yield Fault(
            at,
            "bundle-malformed",
            "a bundle has two members or more, and prices by its members",
            "give members and discounts, no prices and no fixed values",
        )
    for index, member in enumerate(bundle.members):
        here = f"{at}/members/{index}"
        if member in bundle.members[:index]:
            yield Fault(here, "member-twice", "a member is named twice", "name it once")
        elif bundle.state is LifeCycle.ACTIVE and not is_sellable_single_offering(
            member, catalogue
        ):
            yield dangling_reference_fault(here, "no single offering of this id is sold")
    yield from discount_faults(at, bundle)


def is_sellable_single_offering(offering_id: str, catalogue: Catalogue) -> bool:
    """Tell whether an offering is sold and is no bundle."""
    offering = catalogue.sellable_offerings.get(offering_id)
    return offering is not None and not offering.is_bundle


def discount_faults(at: str, bundle: Offering) -> Iterator[Fault]:
    """Name what is wrong with the discounts of a bundle."""
    seen: set[tuple[str, PriceKind]] = set()
    ids = [discount.id for discount in bundle.discounts]
    for index, discount in enumerate(bundle.discounts):
        here = f"{at}/discounts/{index}"
        if bundle.state is not LifeCycle.RETIRED:
            yield from identifier_faults(f"{here}/id", discount.id)
            if discount.id in ids[:index]:
                yield Fault(f"{here}/id", "discount-twice", "another has this id", UNIQUE_REMEDY)
        if discount.member not in bundle.members:
            yield dangling_reference_fault(f"{here}/member", "the bundle has no such member")
        if not 1 <= discount.percent <= HUNDRED_PERCENT:
            yield Fault(
                f"{here}/percent",
                "percent-malformed",
                "the percentage is out of range",
                "use 1 to 100",
            )
        if discount.kind is PriceKind.MINIMUM_SPEND or (discount.member, discount.kind) in seen:
            yield Fault(
                f"{here}/kind",
                "discount-malformed",
                "a member has one discount on one-time prices and one on recurring ones",
                "use oneTime or recurring, each once for a member",
            )
        seen.add((discount.member, discount.kind))


def dangling_reference_fault(at: str, reason: str) -> Fault:
    """Return the fault for a reference to something that does not exist."""
    return Fault(at, "dangling", reason, "name one that exists, or publish it together with this")
