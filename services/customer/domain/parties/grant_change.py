"""Sharing customers between clients of the API: what may be shared, and what is told of it."""

from dataclasses import dataclass

from shared.access.approvals import SensitiveAction
from shared.access.grants import ALL_CUSTOMERS, REVOKED
from shared.contracts import AccessChanged, grant_key
from shared.errors import Fault, InvalidError

GRANT_ALL_ACTION = "access.grant-all"


@dataclass(frozen=True, slots=True)
class GrantChange:
    """What of one client's customers another one may see or change from now on."""

    owner: str
    grantee: str
    customer_id: str
    level: str
    """Empty where nothing is shared any more."""

    reason: str

    @property
    def subject(self) -> str:
        """What the audit calls it."""
        return f"{self.owner}/{self.customer_id or '*'}/{self.grantee}"

    @property
    def action(self) -> str:
        """What the audit calls what is done."""
        return "access.revoke" if self.level == REVOKED else "access.grant"

    @property
    def dangerous_action(self) -> SensitiveAction | None:
        """What a second person may be needed for: to share all customers of a client."""
        if self.customer_id != ALL_CUSTOMERS or self.level == REVOKED:
            return None
        return SensitiveAction(GRANT_ALL_ACTION, self.subject, {"level": self.level}, self.reason)


def check_grant_change(sharing: GrantChange) -> GrantChange:
    """Return a sharing that makes sense.

    Raises:
        InvalidError: if a client would share with itself.
    """
    if sharing.owner == sharing.grantee:
        reason = "a client sees what it brought itself without any grant"
        raise InvalidError([Fault("/grantee", "same-client", reason, "name another client")])
    return sharing


def access_changed_message(sharing: GrantChange, tenant: str) -> AccessChanged:
    """Return what the other services are told."""
    named = (sharing.owner, sharing.grantee, sharing.customer_id)
    return AccessChanged(
        grant_key=grant_key(tenant, *named),
        owner_client=sharing.owner,
        grantee=sharing.grantee,
        customer_id=sharing.customer_id,
        level=sharing.level,
    )
