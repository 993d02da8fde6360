"""An order as it was asked for: the right shape, not yet believed."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from shared.errors import Fault

CHANNELS = (
    "account-manager",
    "business-hall",
    "call-centre",
    "internet",
    "fax",
    "letter",
    "agent",
)
"""The ways in which customers place orders."""

DEFAULT_CHANNEL = "internet"
"""How an order came when it does not say: by our API, so over the internet."""

CUSTOMER_CATEGORIES = ("public", "business", "key-account")
DEFAULT_PRIORITY = 4


class LocatedValue(NamedTuple):
    """A value, and the JSON pointer to where it was said."""

    field: str
    value: str


class RequestedCharacteristic(NamedTuple):
    """One characteristic as it was asked for."""

    field: str
    name: str | None
    value: object


class RequestedIdentification(NamedTuple):
    """A document that says who a party is."""

    field: str
    kind: str
    number: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestedParty:
    """One party of the order, in its role."""

    field: str
    role: str = ""
    id: str = ""
    name: str = ""
    category: str = ""
    kind: str = ""
    """`Individual` or `Organization`, where it is said."""

    phone: str = ""
    email: str = ""
    identifications: tuple[RequestedIdentification, ...] = ()

    @property
    def identity_number(self) -> str:
        """The number that the first of its papers has."""
        return next((each.number for each in self.identifications if each.number), "")


class RequestedPlace(NamedTuple):
    """One place of a product."""

    field: str
    role: str
    id: str
    local_network: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestedItem:
    """One item of the order. What was not said is empty."""

    field: str
    """JSON pointer to the item."""

    id: str = ""
    action: str = ""
    business_action: str = ""
    quantity: int = 1
    offering_id: str = ""
    product_id: str = ""
    places: tuple[RequestedPlace, ...] = ()
    characteristics: tuple[RequestedCharacteristic, ...] = ()
    members: tuple["RequestedItem", ...] = ()
    relationship_count: int = 0
    """How many relationships to other items it has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestedOrder:
    """The whole order. What was not said is empty."""

    items: tuple[RequestedItem, ...] = ()
    parties: tuple[RequestedParty, ...] = ()
    channels: tuple[LocatedValue, ...] = ()
    external_id: str = ""
    priority: str = ""
    account_id: str = ""
    category: str = ""
    description: str = ""
    notes: tuple[str, ...] = ()
    requested_start: datetime | None = None
    requested_completion: datetime | None = None
    faults: tuple[Fault, ...] = ()
    """What is wrong with its form; what that is about counts as not said."""

    @property
    def product_ids(self) -> list[UUID]:
        """The products that its items name, as far as they are ids at all."""
        return [id_ for item in self.items if (id_ := parse_uuid(item.product_id))]


def parse_uuid(text: str) -> UUID | None:
    """Return the id that a text says, or None if it says none."""
    try:
        return UUID(text)
    except ValueError:
        return None


class PlacementContext(NamedTuple):
    """What the request itself does not say: what its order is called, who places it, when."""

    order_id: UUID
    tenant: str
    client: str
    now: datetime
    person: str = ""
    """Who acts through the client, where it is not the client itself."""

    known_category: str = ""
    """Of the customer, as earlier orders of the client say it; empty where none does."""
