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

CATEGORIES = ("public", "business", "key-account")
DEFAULT_PRIORITY = 4


class At(NamedTuple):
    """A value, and the JSON pointer to where it was said."""

    field: str
    value: str


class GivenCharacteristic(NamedTuple):
    """One characteristic as it was asked for."""

    field: str
    name: str | None
    value: object


class GivenPaper(NamedTuple):
    """A document that says who a party is."""

    field: str
    kind: str
    number: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenParty:
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
    papers: tuple[GivenPaper, ...] = ()

    @property
    def identity_number(self) -> str:
        """The number that the first of its papers has."""
        return next((each.number for each in self.papers if each.number), "")


class GivenPlace(NamedTuple):
    """One place of a product."""

    field: str
    role: str
    id: str
    local_network: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenItem:
    """One item of the order. What was not said is empty."""

    field: str
    """JSON pointer to the item."""

    id: str = ""
    action: str = ""
    business_action: str = ""
    quantity: int = 1
    offering_id: str = ""
    product_id: str = ""
    places: tuple[GivenPlace, ...] = ()
    characteristics: tuple[GivenCharacteristic, ...] = ()
    members: tuple["GivenItem", ...] = ()
    relationships: int = 0
    """How many relationships to other items it has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenOrder:
    """The whole order. What was not said is empty."""

    items: tuple[GivenItem, ...] = ()
    parties: tuple[GivenParty, ...] = ()
    channels: tuple[At, ...] = ()
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
        return [id_ for item in self.items if (id_ := id_of(item.product_id))]


def id_of(text: str) -> UUID | None:
    """Return the id that a text says, or None if it says none."""
    try:
        return UUID(text)
    except ValueError:
        return None


class Placed(NamedTuple):
    """What the request itself does not say: what its order is called, who places it, when."""

    order_id: UUID
    tenant: str
    client: str
    now: datetime
    person: str = ""
    """Who acts through the client, where it is not the client itself."""

    known_category: str = ""
    """Of the customer, as earlier orders of the client say it; empty where none does."""
