"""Who may ask for customers, and which of them there are for a caller."""

from typing import Annotated, TypeAlias

from shared.access.rule import SEES_TENANT
from shared.http.authorization import allow
from shared.security.caller import Caller

AGENT = "agent:read"
SEES_ALL = "viewer:read"
SEES_OWN = "crm:customer.read"

Reader: TypeAlias = Annotated[Caller, allow(SEES_ALL, AGENT, SEES_OWN)]
"""Staff see all customers of the tenant, a CRM what it told itself and what it was granted."""

AccountReader: TypeAlias = Annotated[Caller, allow(SEES_ALL, AGENT, "billing:read", SEES_OWN)]


def sees_everybody(caller: Caller) -> bool:
    """Tell whether a caller may search all customers of the tenant."""
    return caller.may(*SEES_TENANT)
