"""Blocked identities (黑名单): those to whom orders are refused for a time."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from services.order.domain.identity.document_faults import false_number_fault, unknown_type_fault
from services.order.domain.identity.identity_key import identity_key
from services.order.domain.identity.rules import RealNameRules
from shared.errors import Fault, InvalidError
from shared.input.identity_numbers import is_invalid_identity_number, normalize_identity_number


@dataclass(frozen=True, slots=True)
class IdentityBlock:
    """One blocked identity."""

    id: UUID
    tenant: str
    identity: str
    """The key of the identity."""

    document_type: str
    reason: str
    """For people; not shown to clients that place orders."""

    since: datetime
    until: datetime | None
    """None until it is lifted."""

    blocked_by: str
    """The person or program."""

    def is_effective(self, now: datetime) -> bool:
        """Tell whether orders are refused now."""
        return self.since <= now and (self.until is None or now < self.until)


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestedBlock:
    """A block as a person requests it."""

    document_type: str
    document_number: str = field(repr=False)
    reason: str
    since: datetime | None
    """None for now."""

    until: datetime | None


def identity_to_block(
    requested: RequestedBlock, secret: bytes, rules: RealNameRules, now: datetime
) -> str:
    """Return the key of the identity that a block is for.

    Args:
        requested: the block.
        secret: of the tenant's identities.
        rules: of the tenant.
        now: the time of the request.

    Raises:
        InvalidError: if the block has faults; all of them are named.
    """
    if faults := tuple(block_request_faults(requested, rules, now)):
        raise InvalidError(faults)
    type_ = rules.document_type_of(requested.document_type)
    return identity_key(secret, type_, requested.document_number)


def block_request_faults(
    requested: RequestedBlock, rules: RealNameRules, now: datetime
) -> Iterator[Fault]:
    """Name what is wrong with a requested block."""
    if not rules.document_type_of(requested.document_type):
        yield unknown_type_fault("/documentType", rules)
    number = normalize_identity_number(requested.document_number)
    if not number or is_invalid_identity_number(requested.document_type, number):
        yield false_number_fault("/documentNumber", "documentType")
    if requested.until and requested.until <= (requested.since or now):
        reason = "the block would end before it begins"
        remedy = "give a later date-time, or leave it out"
        yield Fault("/until", "until-before-since", reason, remedy)
