"""Who may ask for customers, and which of them there are for a caller."""

from typing import Annotated, TypeAlias

from shared.access.access_rule import TENANT_READ_SCOPES
from shared.http.authorization import allow
from shared.security.caller import Caller

AGENT_SCOPE = "agent:read"
VIEWER_SCOPE = "viewer:read"
CRM_SCOPE = "crm:customer.read"

Reader: TypeAlias = Annotated[Caller, allow(VIEWER_SCOPE, AGENT_SCOPE, CRM_SCOPE)]
"""Staff see all customers of the tenant, a CRM what it told itself and what it was granted."""

AccountReader: TypeAlias = Annotated[
    Caller, allow(VIEWER_SCOPE, AGENT_SCOPE, "billing:read", CRM_SCOPE)
]


def may_search_tenant(caller: Caller) -> bool:
    """Tell whether a caller may search all customers of the tenant."""
    return caller.may(*TENANT_READ_SCOPES)
