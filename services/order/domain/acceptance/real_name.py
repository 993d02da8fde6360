"""Real-name checks (实名核验): whether they are there and recent, and what an identity may have."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

import msgspec

from services.order.domain.acceptance.existing_products import named_product
from services.order.domain.acceptance.item_checks import ItemCheckContext
from services.order.domain.acceptance.order_header import (
    CUSTOMER_ROLE,
    PREVIOUS_OWNER_ROLE,
    customer_parties,
)
from services.order.domain.acceptance.request import (
    RequestedCheck,
    RequestedItem,
    RequestedOrder,
    RequestedParty,
    parse_uuid,
)
from services.order.domain.business_actions import (
    GIVING_ACTIONS,
    ProductEffect,
    gives_product,
)
from services.order.domain.catalogue.catalogue import Catalogue, Specification
from services.order.domain.identity.block import IdentityBlock
from services.order.domain.identity.document_faults import false_number_fault, unknown_type_fault
from services.order.domain.identity.holdings import IdentityHolding
from services.order.domain.identity.identity_key import identity_key
from services.order.domain.identity.rules import SHIPPED_RULES, RealNameRules
from services.order.domain.order import Item, RealNameCheck
from shared.errors import Fault
from shared.input.identity_numbers import is_invalid_identity_number, normalize_identity_number
from shared.input.text_comparison import comparable_word

AGENT_ROLE = "agent"
"""The role of a person who acts for the customer (经办人)."""

CHECKED_ROLES = (CUSTOMER_ROLE, PREVIOUS_OWNER_ROLE, AGENT_ROLE)
"""The roles of parties whose checks an order keeps."""

CLOCK_TOLERANCE = timedelta(minutes=5)
"""By how much the clock of the checking system may be ahead."""


class RealNameContext(NamedTuple):
    """What real-name checks are judged by."""

    rules: RealNameRules = SHIPPED_RULES.default
    held: Sequence[IdentityHolding] = ()
    """What counts for the customer's identity."""

    block: IdentityBlock | None = None
    """The block of the customer's identity, in effect or not."""


SHIPPED_REAL_NAME = RealNameContext()
"""The shipped rules, and an identity of which nothing is known."""


@dataclass(frozen=True, slots=True)
class SpecifiedItem:
    """A requested item, and the specification of its product."""

    item: RequestedItem
    specification: Specification

    @property
    def needs_check(self) -> bool:
        """Whether its action needs a real-name check of the customer."""
        return self.item.enabled_action in self.specification.identified_for

    @property
    def counted_group(self) -> str:
        """The group as one of which the product will count for the customer; empty for none."""
        is_giving = self.item.enabled_action in GIVING_ACTIONS
        return self.specification.counts_per_identity if is_giving else ""


def has_checks(requested: RequestedOrder) -> bool:
    """Tell whether an order carries a real-name check."""
    return any(each.check for each in requested.parties)


def with_identity(requested: RequestedOrder, secret: bytes, rules: RealNameRules) -> RequestedOrder:
    """Return an order with the key of the customer's identity, and without its document's number.

    Args:
        requested: the order.
        secret: of the tenant's identities.
        rules: of the tenant.
    """
    parties = tuple(party_with_identity(each, secret, rules) for each in requested.parties)
    return replace(requested, parties=parties)


def party_with_identity(
    party: RequestedParty, secret: bytes, rules: RealNameRules
) -> RequestedParty:
    """Return a party with its check as an order keeps it, in the rules' words."""
    check = party.check
    if check is None:
        return party
    number = normalize_identity_number(check.document_number)
    type_ = rules.document_type_of(check.document_type)
    is_customer = comparable_word(party.role) == CUSTOMER_ROLE
    checked = replace(
        check,
        document_type=type_ or check.document_type,
        document_number="",
        has_number=bool(number),
        has_false_number=bool(number) and is_invalid_identity_number(check.document_type, number),
        identity=identity_key(secret, type_, number) if is_customer and type_ and number else "",
    )
    return replace(party, check=checked)


def customer_check(requested: RequestedOrder) -> RequestedCheck | None:
    """Return the check of the customer, if the order carries one."""
    return next((each.check for each in customer_parties(requested)), None)


def identity_of(requested: RequestedOrder) -> str:
    """Return the key of the customer's identity; empty if it is not known."""
    check = customer_check(requested)
    return check.identity if check else ""


def real_name_faults(
    requested: RequestedOrder,
    items: ItemCheckContext,
    context: RealNameContext,
    now: datetime,
) -> Iterator[Fault]:
    """Name what is wrong with the real-name checks of an order."""
    for party in requested.parties:
        if party.check:
            yield from check_faults(party, party.check, context.rules, now)
    for party in customer_parties(requested)[:1]:
        specified = list(specified_items(requested.all_items, items))
        needing = [each for each in specified if each.needs_check]
        if party.check is None:
            yield from missing_check_faults(party, needing)
        else:
            yield from stale_faults(party.check, needing, context.rules, now)
            yield from block_faults(party.check, requested.all_items, context, now)
            yield from limit_faults(party.check, specified, context)


def check_faults(
    party: RequestedParty, check: RequestedCheck, rules: RealNameRules, now: datetime
) -> Iterator[Fault]:
    """Name what is wrong with one check by itself."""
    needs_number = comparable_word(party.role) == CUSTOMER_ROLE
    parts = {
        "system": check.system,
        "reference": check.reference,
        "documentType": check.document_type,
        "documentNumber": check.has_number or not needs_number,
    }
    for name in (name for name, part in parts.items() if not part):
        reason, remedy = "the real-name check is incomplete", "give it as it was made"
        yield Fault(f"{check.field}/{name}", "identity-missing", reason, remedy)
    if check.document_type and check.document_type not in rules.document_types:
        yield unknown_type_fault(f"{check.field}/documentType", rules)
    if check.has_false_number:
        yield false_number_fault(f"{check.field}/documentNumber", "documentType")
    if check.checked_at and check.checked_at > now + CLOCK_TOLERANCE:
        reason, remedy = "the check is in the future", "give the date-time of the check"
        yield Fault(f"{check.field}/checkedAt", "identity-in-future", reason, remedy)


def specified_items(
    items: Iterable[RequestedItem], context: ItemCheckContext
) -> Iterator[SpecifiedItem]:
    """Yield the items of which the specification is known; bundles have none of their own."""
    active = context.catalogue.active_specifications
    for item in items:
        if specification := active.get(specification_id_of(item, context)):
            yield SpecifiedItem(item, specification)


def specification_id_of(item: RequestedItem, context: ItemCheckContext) -> str:
    """Return the specification of the product of an item; empty if it is not known."""
    if item.effect is ProductEffect.CREATES:
        offering = context.catalogue.sellable_offerings.get(item.offering_id)
        return offering.specification if offering else ""
    product = named_product(item, context.products, context.owner_of(item))
    return product.specification if product else ""


def missing_check_faults(
    party: RequestedParty, needing: Sequence[SpecifiedItem]
) -> Iterator[Fault]:
    """Name that the customer has to be checked, and for which item."""
    for first in needing[:1]:
        what = f"{first.item.enabled_action} of {first.specification.id}"
        yield Fault(
            f"{party.field}/realNameCheck",
            "identity-missing",
            f"item {first.item.id} ({what}) needs the customer's real-name check",
            "have the identity checked, and give system, reference, documentType, documentNumber",
        )


def stale_faults(
    check: RequestedCheck, needing: Sequence[SpecifiedItem], rules: RealNameRules, now: datetime
) -> Iterator[Fault]:
    """Name a check that is too old for an item that needs one."""
    period, at = rules.valid_for, check.checked_at
    if needing and period and at and at + period < now:
        reason = f"the check is older than {rules.valid_hours} hours"
        remedy = "have the identity checked again"
        yield Fault(f"{check.field}/checkedAt", "identity-stale", reason, remedy)


def block_faults(
    check: RequestedCheck,
    items: Iterable[RequestedItem],
    context: RealNameContext,
    now: datetime,
) -> Iterator[Fault]:
    """Name that the identity is blocked, if it orders what is refused to blocked identities."""
    is_blocked = context.block is not None and context.block.is_effective(now)
    if is_blocked and any(each.enabled_action in context.rules.blocked_for for each in items):
        yield Fault(
            check.field,
            "identity-blocked",
            "orders of this identity are refused",
            "have the holder settle it with the operator, who then lifts the block",
        )


def limit_faults(
    check: RequestedCheck, specified: Iterable[SpecifiedItem], context: RealNameContext
) -> Iterator[Fault]:
    """Name the groups of which the identity would hold more products than it may."""
    for group, added in products_to_count(specified).items():
        held = {each.product_id for each in context.held if each.counts_as == group}
        new = [each for each in added if each not in held]
        limit = context.rules.limit_of(group, check.document_type)
        if limit is not None and new and len(held) + len(new) > limit:
            yield Fault(
                check.field,
                "identity-limit",
                f"the identity holds {len(held)} of at most {limit} products that count as "
                f"{group}, and the order adds {len(new)}",
                "disconnect one of them, or name another holder",
            )


def products_to_count(specified: Iterable[SpecifiedItem]) -> Mapping[str, list[UUID | None]]:
    """Return by group the products that an order would give; None for a new one."""
    found: dict[str, list[UUID | None]] = {}
    for each in specified:
        if group := each.counted_group:
            found.setdefault(group, []).append(parse_uuid(each.item.product_id))
    return found


def kept_checks(requested: RequestedOrder, now: datetime) -> Iterator[RealNameCheck]:
    """Yield the checks as the order keeps them; one without a time was made with the order."""
    for party in requested.parties:
        role = comparable_word(party.role)
        name = next((each for each in CHECKED_ROLES if comparable_word(each) == role), "")
        if name and (check := party.check):
            yield RealNameCheck(
                role=name,
                system=check.system,
                reference=check.reference,
                checked_at=check.checked_at or now,
                document_type=check.document_type,
                identity=check.identity,
            )


def with_counted_group(item: Item, catalogue: Catalogue) -> Item:
    """Return an item with the group as one of which its product will count for the customer."""
    specification = catalogue.active_specifications.get(item.ordered.specification)
    group = specification.counts_per_identity if specification else ""
    is_counted = group and gives_product(item.ordered)
    return msgspec.structs.replace(item, counts_as=group) if is_counted else item
