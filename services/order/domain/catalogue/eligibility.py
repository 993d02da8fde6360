"""Eligibility: who may buy an offering, by which channel, where and when."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from services.order.domain.catalogue.catalogue import (
    UNRESTRICTED,
    CatalogueEntry,
    Eligibility,
    Offering,
)
from shared.errors import Fault
from shared.input import timestamps
from shared.input.area_codes import REMEDY, is_area_code

CHANNELS = (
    "account-manager",
    "business-hall",
    "call-centre",
    "internet",
    "fax",
    "letter",
    "agent",
)
"""The channels by which customers place orders."""

CUSTOMER_CATEGORIES = ("public", "business", "key-account")


class EligibilityContext(NamedTuple):
    """What eligibility depends on."""

    category: str
    channel: str
    local_network: str | None
    """None while it is not known: the address decides, and resources checks it."""

    now: datetime


def eligibility_faults(at: str, rules: Eligibility, context: EligibilityContext) -> Iterator[Fault]:
    """Name every reason why an offering is not sold to this buyer, here and now."""
    criteria = (
        ("category of customers", rules.categories, context.category),
        ("channel", rules.channels, context.channel),
        ("local network", rules.local_networks, context.local_network),
    )
    for criterion, admitted, value in criteria:
        if admitted and value is not None and value not in admitted:
            yield not_eligible_fault(
                at, f"to this {criterion}", f"it is sold to: {', '.join(admitted)}"
            )
    if rules.valid_from and context.now < rules.valid_from:
        yield not_eligible_fault(at, "yet", f"it is sold from {rules.valid_from.isoformat()}")
    if rules.valid_until and context.now >= rules.valid_until:
        yield not_eligible_fault(at, "any more", "choose another of the catalogue")


def admitted_local_networks(*rules: Eligibility) -> tuple[str, ...] | None:
    """Return the local networks that all these rules admit; empty for all, None for none."""
    admitted = [set(each.local_networks) for each in rules if each.local_networks]
    if not admitted:
        return ()
    return tuple(sorted(set.intersection(*admitted))) or None


def not_eligible_fault(at: str, to_whom: str, remedy: str) -> Fault:
    """Return the fault that an offering is not sold to this context."""
    return Fault(at, "offering-not-eligible", f"the offering is not sold {to_whom}", remedy)


def eligibility_rule_faults(at: str, rules: Eligibility) -> Iterator[Fault]:
    """Name categories, channels and area codes that no order can have."""
    yield from unknown_word_faults(
        f"{at}/categories", "category", rules.categories, CUSTOMER_CATEGORIES
    )
    yield from unknown_word_faults(f"{at}/channels", "channel", rules.channels, CHANNELS)
    for index, code in enumerate(rules.local_networks):
        if not is_area_code(code):
            yield Fault(
                f"{at}/local_networks/{index}",
                "local-network-malformed",
                "a local network is named by its area code",
                REMEDY,
            )


def unknown_word_faults(
    at: str, kind: str, words: Sequence[str], allowed: Sequence[str]
) -> Iterator[Fault]:
    """Name words that are not among the allowed ones."""
    for index, word in enumerate(words):
        if word not in allowed:
            remedy = f"use one of: {', '.join(allowed)}"
            yield Fault(f"{at}/{index}", f"{kind}-unknown", f"there is no such {kind}", remedy)


def validity_faults(at: str, rules: Eligibility) -> Iterator[Fault]:
    """Name a validity that ends before it begins."""
    yield from period_order_faults(at, rules.valid_from, rules.valid_until)


def period_order_faults(at: str, begin: datetime | None, end: datetime | None) -> Iterator[Fault]:
    """Name a period that ends before it begins."""
    if begin and end and end <= begin:
        yield Fault(
            f"{at}/valid_until",
            "validity-empty",
            "its validity ends before it begins",
            "give a time after valid_from, or leave one of them out",
        )


def repair_validity(entry: CatalogueEntry) -> CatalogueEntry:
    """Return a stored entry with times that can be compared and shown.

    Some were published before times needed a zone and had to be in the years 0001 to 9999.
    """
    if not isinstance(entry, Offering) or entry.eligibility == UNRESTRICTED:
        return entry
    rules = entry.eligibility
    begin, end = (
        timestamps.repaired_timestamp(rules.valid_from),
        timestamps.repaired_timestamp(rules.valid_until),
    )
    return replace(entry, eligibility=replace(rules, valid_from=begin, valid_until=end))
