"""An order as it was accepted: what was asked for, at what price. It never changes."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import msgspec

from services.order.domain.catalogue.pricing import Charge
from services.order.domain.order_ids import placed_at
from shared.contracts import Action, Cents, Customer, OrderedItem, PartyKind, party_kind_of
from shared.contracts.personal import Personal
from shared.ids import named_id

BUSINESS_ACTIONS = {Action.ADD: "new", Action.DELETE: "disconnect"}
"""What can be done to a product, as TMF622 and as the field calls it."""

DEFAULT_CATEGORIES: Mapping[str, str] = {
    PartyKind.INDIVIDUAL: "public",
    PartyKind.ORGANIZATION: "business",
}
"""The category of customers of whom only their kind is said."""


class StoredStruct(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A value that is kept inside a row."""


class Item(StoredStruct, frozen=True, kw_only=True):
    """One ordered product, as the other services are told of it, and its price."""

    ordered: OrderedItem
    bundle_item: str = ""
    """The item of the order that bundles it."""

    local_network: str = ""
    """Where it is installed, by area code, as the order says; the address decides."""

    charges: tuple[Charge, ...] = ()

    @property
    def id(self) -> str:
        """The CRM's number of the item."""
        return self.ordered.id


class BundleItem(StoredStruct, frozen=True, kw_only=True):
    """An item that stands for a bundle of others; no product of its own."""

    id: str
    offering_id: str
    offering_name: str
    catalogue_version: int


class Note(StoredStruct, frozen=True, kw_only=True):
    """A remark that came with the order."""

    text: Personal


class OrderContent(StoredStruct, frozen=True, kw_only=True):
    """All of an order that is not searched for. Holds personal data."""

    customer: Customer
    is_organization: bool = False
    """As orders said it before the customer's kind was kept with the customer."""

    known_category: str = ""
    """Of the customer, as earlier orders say it, where this one does not."""

    items: tuple[Item, ...]
    bundles: tuple[BundleItem, ...] = ()
    external_id: str = ""
    channel: str
    priority: int
    category: str = ""
    description: Personal = ""
    notes: tuple[Note, ...] = ()
    requested_start: datetime | None = None
    requested_completion: datetime | None = None
    person: str = ""
    """Who placed it, where it is not the client itself."""

    @property
    def party_kind(self) -> str:
        """What the customer is, as far as this order or an earlier one says it; else empty."""
        if self.is_organization:
            return PartyKind.ORGANIZATION
        category = self.customer.category or self.known_category
        return self.customer.kind or (party_kind_of(category) if category else "")

    @property
    def customer_category(self) -> str:
        """What the customer buys as, as far as this order or an earlier one says it; else empty."""
        usual = DEFAULT_CATEGORIES.get(self.party_kind, "")
        return self.customer.category or self.known_category or usual


@dataclass(frozen=True, slots=True)
class Order:
    """One accepted order."""

    id: UUID
    tenant: str
    client: str
    party_id: str
    content: OrderContent

    @property
    def ordered_at(self) -> datetime:
        """When it was placed."""
        return placed_at(self.id)

    @property
    def items(self) -> tuple[Item, ...]:
        """Its products, those of bundles among them."""
        return self.content.items

    @property
    def one_off_cents(self) -> Cents:
        """What it costs once."""
        return sum(item.ordered.one_off_cents for item in self.items)

    @property
    def monthly_cents(self) -> Cents:
        """What it costs every month."""
        return sum(item.ordered.monthly_cents for item in self.items)

    def members(self, bundle: BundleItem) -> Iterator[Item]:
        """Yield the items of one of its bundles."""
        return (item for item in self.items if item.bundle_item == bundle.id)

    def disconnected_product_ids(self) -> list[UUID]:
        """Return the products that it takes away."""
        return [
            item.ordered.product_id for item in self.items if item.ordered.action is Action.DELETE
        ]


def derive_product_id(order_id: UUID, item_id: str) -> UUID:
    """Return the id of the product that an item makes: the same whenever it is asked."""
    return named_id(order_id, f"product/{item_id}")


def derive_service_id(order_id: UUID, item_id: str) -> UUID:
    """Return the id of the service under that product."""
    return named_id(order_id, f"service/{item_id}")
