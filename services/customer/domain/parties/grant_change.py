"""Changes of grants: which are allowed, and the message that publishes them."""

from dataclasses import dataclass

from shared.access.approvals import SensitiveAction
from shared.access.grants import ALL_CUSTOMERS, REVOKED
from shared.contracts import AccessChanged, grant_key
from shared.errors import Fault, InvalidError

GRANT_ALL_ACTION = "access.grant-all"


@dataclass(frozen=True, slots=True)
class AccessGrantChange:
    """A new level at which one client may see or change customers of another."""

    owner: str
    grantee: str
    customer_id: str
    level: str
    """Empty to revoke the grant."""

    reason: str

    @property
    def subject(self) -> str:
        """The subject of its audit entry."""
        return f"{self.owner}/{self.customer_id or '*'}/{self.grantee}"

    @property
    def action(self) -> str:
        """The action of its audit entry."""
        return "access.revoke" if self.level == REVOKED else "access.grant"

    @property
    def sensitive_action(self) -> SensitiveAction | None:
        """The action that may need a second person: to share all customers of a client."""
        if self.customer_id != ALL_CUSTOMERS or self.level == REVOKED:
            return None
        return SensitiveAction(GRANT_ALL_ACTION, self.subject, {"level": self.level}, self.reason)


def check_grant_change(change: AccessGrantChange) -> AccessGrantChange:
    """Return a valid change.

    Raises:
        InvalidError: if a client would share with itself.
    """
    if change.owner == change.grantee:
        reason = "a client sees its own customers without any grant"
        raise InvalidError([Fault("/grantee", "same-client", reason, "name another client")])
    return change


def access_changed_message(change: AccessGrantChange, tenant: str) -> AccessChanged:
    """Return the message of a change for the other services."""
    return AccessChanged(
        grant_key=grant_key(tenant, change.owner, change.grantee, change.customer_id),
        owner_client=change.owner,
        grantee=change.grantee,
        customer_id=change.customer_id,
        level=change.level,
    )
