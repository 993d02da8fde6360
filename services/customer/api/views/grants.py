"""Views of grants."""

from datetime import datetime
from typing import Self

from pydantic import ConfigDict

from services.customer.api.examples import grants as examples
from shared.access.grants import Grant
from shared.http.views import TmfBaseView


class GrantView(TmfBaseView):
    """A grant: what one client shares with another."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.GRANT]})

    owner: str
    grantee: str
    customer_id: str
    """Empty for all customers of the owner."""

    level: str
    """`see`, `change`, or empty after it was revoked."""

    changed_at: datetime
    changed_by: str
    """The person."""

    reason: str

    @classmethod
    def of(cls, grant: Grant) -> Self:
        """Show a grant."""
        return cls(
            owner=grant.owner,
            grantee=grant.grantee,
            customer_id=grant.customer_id,
            level=grant.level,
            changed_at=grant.changed_at,
            changed_by=grant.changed_by,
            reason=grant.reason,
        )
