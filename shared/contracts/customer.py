"""Messages owned by the customer service."""

from datetime import datetime
from uuid import UUID

from shared.contracts.base import Message, published
from shared.ids import named_id

PARTY_NAMESPACE = UUID("6d0f5a52-41c3-5a4e-9a55-0d6a8f4f6d11")
GRANT_NAMESPACE = UUID("5b8e0f0e-5f0a-5f0c-8d39-5a3f4b6f3c21")


def party_key(tenant: str, party_id: str) -> UUID:
    """Return the key of the messages about one party: always the same."""
    return named_id(named_id(PARTY_NAMESPACE, tenant), party_id)


@published("customer.party_erased", 1)
class PartyErased(Message, frozen=True, kw_only=True):
    """The personal data of a party is erased: every service blanks its copy."""

    party_key: UUID
    """Derived from the tenant and the party's id."""

    party_id: str
    """The upstream CRM's id of the party; by itself it is no personal data."""

    until: datetime
    """Applies to orders accepted until then; a later order brings new data of the party."""

    person_mark: str = ""
    """A keyed hash by which the customer service identifies a person; its key is not published."""

    @property
    def key(self) -> UUID:
        """The party."""
        return self.party_key


def grant_key(tenant: str, owner: str, grantee: str, customer_id: str) -> UUID:
    """Return the key of the messages about one grant: always the same."""
    key = GRANT_NAMESPACE
    for part in (tenant, owner, grantee, customer_id):
        key = named_id(key, part)
    return key


@published("customer.access_changed", 1)
class AccessChanged(Message, frozen=True, kw_only=True):
    """The grant of one client of the API to another has changed."""

    grant_key: UUID
    """Derived from the tenant, both clients and the customer."""

    owner_client: str
    """The client whose data is shared."""

    grantee: str
    """The client with which it is shared."""

    customer_id: str = ""
    """The upstream CRM's id of the customer; empty for all customers of the owner."""

    level: str = ""
    """`see`, `change`, or empty if nothing is shared any more."""

    @property
    def key(self) -> UUID:
        """The grant."""
        return self.grant_key
