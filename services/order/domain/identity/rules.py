"""The rules for real-name checks, as data: `services/order/data/real_name.json`.

Which actions on which products need a check is in the catalogue (`Specification.identified_for`).
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from pathlib import Path

import msgspec

from shared.contracts import BusinessAction
from shared.input.identity_numbers import DOCUMENT_NAMES
from shared.input.text_comparison import comparable_word

SHIPPED_FILE = Path(__file__).parents[2] / "data/real_name.json"


MAX_LIMIT = 1000
"""The highest limit: more is no limit (null), as products are counted one by one."""


class Rules(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A part of the rules; a name that is not known is refused, as it may be a typing error."""


class IdentityLimit(Rules, frozen=True, kw_only=True):
    """How many products of a group one identity may hold, whatever the customer record."""

    group: str
    """The products that `Specification.counts_per_identity` assigns to it."""

    at_most: int | None
    """None for no limit."""

    by_document_type: Mapping[str, int | None] = {}
    """The limits of single types of document, where they differ."""

    def limit_of(self, document_type: str) -> int | None:
        """Return the limit for identities with this type of document; None for no limit."""
        return self.by_document_type.get(document_type, self.at_most)


class RealNameRules(Rules, frozen=True, kw_only=True):
    """The rules of one tenant."""

    document_types: tuple[str, ...]
    """The types of document by which identities are checked."""

    valid_hours: int | None
    """How old a check may be when the order comes; None for any age."""

    blocked_for: tuple[BusinessAction, ...] = ()
    """The business actions that are refused to a blocked identity."""

    limits: tuple[IdentityLimit, ...] = ()

    @property
    def valid_for(self) -> timedelta | None:
        """How old a check may be; None for any age."""
        return None if self.valid_hours is None else timedelta(hours=self.valid_hours)

    def document_type_of(self, text: str) -> str:
        """Return a type of document as the rules name it; empty if they do not know it."""
        word = comparable_word(DOCUMENT_NAMES.get(comparable_word(text), text))
        return next((each for each in self.document_types if comparable_word(each) == word), "")

    def limit_of(self, group: str, document_type: str) -> int | None:
        """Return how many products of a group an identity may hold; None for no limit."""
        found = (each.limit_of(document_type) for each in self.limits if each.group == group)
        return next(found, None)


class InstallationRules(Rules, frozen=True, kw_only=True):
    """The rules of all tenants."""

    default: RealNameRules
    tenants: Mapping[str, RealNameRules] = {}
    """Of the tenants that have their own, which replace the default as a whole."""

    def of_tenant(self, tenant: str) -> RealNameRules:
        """Return the rules of a tenant."""
        return self.tenants.get(tenant, self.default)


def parse_rules(content: object) -> InstallationRules:
    """Return the rules in a file, whose JSON is read already.

    Raises:
        ValidationError: of msgspec, if they have another form.
        ValueError: if they have faults; the text has a line for each.
    """
    rules = msgspec.convert(content, InstallationRules)
    named = {"default": rules.default} | {
        f"tenants.{name}": each for name, each in rules.tenants.items()
    }
    if faults := [f"{at}.{fault}" for at, each in named.items() for fault in faults_in(each)]:
        raise ValueError("\n".join(faults))
    return rules


def faults_in(rules: RealNameRules) -> Iterator[str]:
    """Name what is contradictory in the rules of one tenant."""
    if not rules.document_types:
        yield "document_types: there is none: name at least one"
    if rules.valid_hours is not None and rules.valid_hours < 1:
        yield "valid_hours: no check would be valid: give 1 or more, or null for any age"
    groups = [each.group for each in rules.limits]
    for limit in rules.limits:
        at = f"limits.{limit.group}"
        if groups.count(limit.group) > 1:
            yield f"{at}: the group has two limits: keep one"
        if is_out_of_range([limit.at_most, *limit.by_document_type.values()]):
            yield f"{at}: a limit is out of range: give 0 to {MAX_LIMIT}, or null for no limit"
        for unknown in sorted(limit.by_document_type.keys() - set(rules.document_types)):
            yield f"{at}.by_document_type: {unknown} is not among document_types: add it there"


def is_out_of_range(limits: Iterable[int | None]) -> bool:
    """Tell whether one of these limits is negative, or too high to count to."""
    return any(each is not None and not 0 <= each <= MAX_LIMIT for each in limits)


SHIPPED_RULES = parse_rules(msgspec.json.decode(SHIPPED_FILE.read_bytes()))
