"""Whose customers a caller may see."""

from typing import Annotated, TypeAlias

from services.customer import store
from services.customer.domain.party import Party
from shared.auth import Caller, allow
from shared.http import ToRead

SEES_ALL = "viewer:read"
SEES_OWN = "crm:customer.read"

Reader: TypeAlias = Annotated[Caller, allow(SEES_ALL, SEES_OWN)]
"""Operations staff see all customers of the tenant, a CRM those whom it has ordered for."""


def client_of(caller: Caller) -> str | None:
    """Return the client whose orders alone the caller may see; None for all."""
    return None if caller.may(SEES_ALL) else caller.client


def may_see(session: ToRead, caller: Caller, party_id: str) -> bool:
    """Tell whether a customer, if there is such a one, is the caller's to see."""
    client = client_of(caller)
    return client is None or store.has_ordered(session, caller.tenant, party_id, client)


def party_for(session: ToRead, caller: Caller, party_id: str) -> Party:
    """Return a party that the caller may see.

    Raises:
        NotFoundError: if there is none.
    """
    if not may_see(session, caller, party_id):
        raise store.unknown_customer(party_id)
    return store.party(session, caller.tenant, party_id)
