"""JSON pointers into a publication, as pointers into the TMF620 body of one of its entries."""

import re
from collections.abc import Iterable
from dataclasses import replace

from shared.errors import Fault

ENTRY = re.compile(r"/(?:specifications|offerings)/0(?=/|$)")
"""The first entry of a publication is the one of the body."""

POINTERS = tuple(
    (re.compile(f"{publication}(?=/|$)"), body)
    for publication, body in (
        (r"/state", "/lifecycleStatus"),
        (r"/specification", "/productSpecification/id"),
        (
            r"/fixed/([0-9]+)/value",
            r"/prodSpecCharValueUse/\1/productSpecCharacteristicValue/0/value",
        ),
        (r"/fixed/([0-9]+)", r"/prodSpecCharValueUse/\1"),
        (
            r"/prices/([0-9]+)/when/value",
            r"/productOfferingPrice/\1/prodSpecCharValueUse/0/productSpecCharacteristicValue/0/value",
        ),
        (
            r"/prices/([0-9]+)/when",
            r"/productOfferingPrice/\1/prodSpecCharValueUse/0",
        ),
        (r"/prices/([0-9]+)/amount_cents", r"/productOfferingPrice/\1/price"),
        (
            r"/prices/([0-9]+)/term_months",
            r"/productOfferingPrice/\1/productOfferingTerm",
        ),
        (r"/prices(?:/([0-9]+))?", r"/productOfferingPrice/\1"),
        (r"/discounts.*", "/productOfferingPrice"),
        (r"/members/([0-9]+)", r"/bundledProductOffering/\1/id"),
        (r"/upgrades_to/([0-9]+)", r"/productOfferingRelationship/\1/id"),
        (r"/eligibility/categories/([0-9]+)", r"/marketSegment/\1/id"),
        (r"/eligibility/channels/([0-9]+)", r"/channel/\1/id"),
        (r"/eligibility/local_networks/([0-9]+)", r"/place/\1/id"),
        (r"/eligibility/holds/([0-9]+)", r"/holds/\1/id"),
        (r"/eligibility/valid_until", "/validFor/endDateTime"),
        (r"/(?:relies_on|excludes)", "/productSpecificationRelationship"),
        (r"/characteristics/([0-9]+)/pattern", r"/productSpecCharacteristic/\1/regex"),
        (
            r"/characteristics/([0-9]+)/allowed/([0-9]+)",
            r"/productSpecCharacteristic/\1/productSpecCharacteristicValue/\2/value",
        ),
        (
            r"/characteristics/([0-9]+)/(?:minimum|maximum|step|unit)",
            r"/productSpecCharacteristic/\1/productSpecCharacteristicValue",
        ),
        (
            r"/characteristics/([0-9]+)/(?:requires|allowed_when|required_when).*",
            r"/productSpecCharacteristic/\1/productSpecCharRelationship",
        ),
        (r"/characteristics/([0-9]+)", r"/productSpecCharacteristic/\1"),
    )
)
"""Of parts of an entry; a part that is not here has the same name in both.

Discounts stand between prices in a body, so that their numbers do not tell their places."""


def body_faults(faults: Iterable[Fault]) -> list[Fault]:
    """Return the faults of a publication with pointers into the body of its first entry."""
    return [replace(each, field=body_pointer(each.field)) for each in faults]


def body_pointer(pointer: str) -> str:
    """Return a pointer into a publication as one into the body of its first entry."""
    inside = ENTRY.sub("", pointer, count=1)
    if inside == pointer:
        return pointer
    for pattern, body in POINTERS:
        if found := pattern.match(inside):
            return (found.expand(body) + inside[found.end() :]).rstrip("/")
    return inside
