"""Blocked identities (黑名单): those to whom orders are refused for a time."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


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
