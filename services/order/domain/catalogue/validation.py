"""Validation of catalogue entries: their values, and their references to each other."""

import re
from collections.abc import Iterator

from services.order.domain.business_actions import GIVING_ACTIONS
from services.order.domain.catalogue.catalogue import (
    Catalogue,
    CharacteristicRule,
    LifeCycle,
    Offering,
    Specification,
    find_version,
)
from services.order.domain.catalogue.characteristic_values import compile_pattern, value_faults
from services.order.domain.catalogue.eligibility import eligibility_rule_faults, validity_faults
from services.order.domain.catalogue.price_validation import (
    price_characteristic_faults,
    price_faults,
)
from services.order.domain.catalogue.reference_faults import (
    UNIQUE_REMEDY,
    dangling_reference_fault,
    identifier_faults,
)
from shared.errors import Fault

MIN_BUNDLE_MEMBERS = 2
MAX_VERSION = 10**6


def id_and_version_faults(at: str, id_: str, version: int) -> Iterator[Fault]:
    """Name what is wrong with an id or a version."""
    yield from identifier_faults(f"{at}/id", id_)
    if not 1 <= version <= MAX_VERSION:
        reason = f"versions go from 1 to {MAX_VERSION}"
        yield Fault(f"{at}/version", "version-malformed", reason, "count up from the newest")


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
        yield from price_characteristic_faults(f"{at}/prices/{index}", price, rules)


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
        elif is_bundle(member, catalogue):
            remedy = "name single offerings, for example the members of that bundle"
            yield Fault(here, "bundle-nested", "bundles of bundles are not sold", remedy)
        elif bundle.state is LifeCycle.ACTIVE and member not in catalogue.sellable_offerings:
            yield dangling_reference_fault(here, "no single offering of this id is sold")


def is_bundle(offering_id: str, catalogue: Catalogue) -> bool:
    """Tell whether an offering is a bundle: its version on sale or, without one, the newest."""
    offering = find_version(catalogue.offerings, offering_id)
    return offering is not None and offering.is_bundle
