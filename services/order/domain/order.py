"""An accepted order: the requested items and their prices.

What was ordered never changes: other content is another version of the order, with the next
revision number.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID

import msgspec

from services.order.domain.business_actions import ON_EXISTING, ProductEffect, product_effect
from services.order.domain.catalogue.prices import AT_COMPLETION, ChargeStart
from services.order.domain.catalogue.pricing import Charge
from services.order.domain.order_id_time import placed_at
from shared.contracts import (
    DEFAULT_CATEGORIES,
    Cents,
    Customer,
    OrderedItem,
    PartyKind,
    party_kind_of,
)
from shared.contracts.personal import Personal
from shared.ids import named_id


class StoredStruct(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A value that is stored inside a row."""


class CommitmentTerms(StoredStruct, frozen=True, kw_only=True):
    """The terms of a commitment, as they are agreed with an order."""

    price_id: str
    name: str
    months: int
    penalty_percent: int = 0
    penalty_cents: Cents = 0


class Item(StoredStruct, frozen=True, kw_only=True):
    """One ordered product, as it is published to the other services, and its price."""

    ordered: OrderedItem
    bundle_item: str = ""
    """The id of the bundle's item; empty outside of a bundle."""

    local_network: str = ""
    """The area code of the installation address, as the order states it; the address decides."""

    charges: tuple[Charge, ...] = ()
    counts_as: str = ""
    """The group as one of which it gives its product to the customer's identity; empty if none."""

    agreement_id: str = ""
    """The agreement by which it is priced."""

    commitment: CommitmentTerms | None = None
    """The commitment that begins with it."""

    charge_start: ChargeStart = AT_COMPLETION
    """When its recurring charges begin."""

    charged_from: date | None = None
    """The day on which they begin, if the order states one."""

    @property
    def id(self) -> str:
        """The CRM's number of the item."""
        return self.ordered.id

    @property
    def effect(self) -> ProductEffect:
        """What it does to its product."""
        return product_effect(self.ordered)


class BundleParentItem(StoredStruct, frozen=True, kw_only=True):
    """The item of a bundle. It has no product of its own."""

    id: str
    offering_id: str
    offering_name: str
    catalogue_version: int


class Note(StoredStruct, frozen=True, kw_only=True):
    """A remark that came with the order."""

    text: Personal


class RealNameCheck(StoredStruct, frozen=True, kw_only=True):
    """A reference to the check of a person's or organization's identity, made elsewhere."""

    role: str
    """Whose it is: the customer's, the previous owner's, or that of an agent for the customer."""

    system: str
    """The system that has checked it."""

    reference: Personal = ""
    """The number of the check in that system."""

    checked_at: datetime
    document_type: str
    identity: Personal = ""
    """Of the customer: the key of the identity, a keyed hash of the document's number."""


class OrderContent(StoredStruct, frozen=True, kw_only=True):
    """One version of an order: all attributes that are not searched by. Holds personal data."""

    revision: int = 0
    """The number of this version: 0 as it was accepted, then one more with each revision."""

    customer: Customer
    is_organization: bool = False
    """Set only in orders from before the kind was stored with the customer."""

    known_category: str = ""
    """The customer's category from earlier orders, if this one states none."""

    items: tuple[Item, ...]
    bundles: tuple[BundleParentItem, ...] = ()
    quote_id: UUID | None = None
    """The quote whose prices it has; None without one."""

    external_id: str = ""
    channel: str
    priority: int
    category: str = ""
    description: Personal = ""
    notes: tuple[Note, ...] = ()
    requested_start: datetime | None = None
    requested_completion: datetime | None = None
    person: str = ""
    """The person who placed it; empty if the client itself did."""

    waits_for: tuple[UUID, ...] = ()
    """The orders directly before it, for which it waits or has waited."""

    real_name_checks: tuple[RealNameCheck, ...] = ()

    @property
    def identity(self) -> str:
        """The key of the customer's identity; empty if it is not known."""
        return next((each.identity for each in self.real_name_checks if each.identity), "")

    @property
    def party_kind(self) -> str:
        """The customer's kind, as far as this order or an earlier one states it; else empty."""
        if self.is_organization:
            return PartyKind.ORGANIZATION
        category = self.customer.category or self.known_category
        return self.customer.kind or (party_kind_of(category) if category else "")

    @property
    def customer_category(self) -> str:
        """The customer's category, as far as this order or an earlier one states it; else empty."""
        default = DEFAULT_CATEGORIES.get(self.party_kind, "")
        return self.customer.category or self.known_category or default


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
    def revision(self) -> int:
        """The number of its version; 0 as it was accepted."""
        return self.content.revision

    @property
    def items(self) -> tuple[Item, ...]:
        """Its product items, those of bundles included."""
        return self.content.items

    @property
    def one_off_cents(self) -> Cents:
        """The total of its one-off prices."""
        return sum(item.ordered.one_off_cents for item in self.items)

    @property
    def monthly_cents(self) -> Cents:
        """The total of its monthly prices."""
        return sum(item.ordered.monthly_cents for item in self.items)

    def members(self, bundle: BundleParentItem) -> Iterator[Item]:
        """Yield the items of one of its bundles."""
        return (item for item in self.items if item.bundle_item == bundle.id)

    def existing_product_ids(self) -> list[UUID]:
        """Return the ids of the products that it changes or ends."""
        return [item.ordered.product_id for item in self.items if item.effect in ON_EXISTING]

    def base_product_ids(self) -> list[UUID]:
        """Return the ids of the other products that its new ones rely on."""
        own = {item.ordered.product_id for item in self.items}
        bases = (
            item.ordered.base_product_id
            for item in self.items
            if item.effect is ProductEffect.CREATES
        )
        return [each for each in dict.fromkeys(bases) if each and each not in own]

    def locked_product_ids(self) -> list[UUID]:
        """Return the ids of the products that no other order may change or end meanwhile."""
        return [*self.existing_product_ids(), *self.base_product_ids()]


def next_version(order: Order, content: OrderContent) -> Order:
    """Return the next version of an order, with other content and the next number.

    Nothing revises orders yet (docs/adr/0029-items-have-their-own-states.md).
    """
    revised = msgspec.structs.replace(content, revision=order.revision + 1)
    return replace(order, content=revised)


def derive_product_id(order_id: UUID, item_id: str) -> UUID:
    """Return the id of the product that an item creates. It is deterministic."""
    return named_id(order_id, f"product/{item_id}")


def derive_service_id(order_id: UUID, item_id: str) -> UUID:
    """Return the id of the service that realises that product. It is deterministic."""
    return named_id(order_id, f"service/{item_id}")
