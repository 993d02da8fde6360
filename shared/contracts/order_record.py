"""What the order service tells of an order for itself alone: all that it keeps of it.

A restored database gets its orders back from this. The others have no use for it.
"""

from datetime import datetime

from shared.contracts.message_parts import Cents, MessagePart
from shared.contracts.personal import Personal


class ChargeRecord(MessagePart, frozen=True, kw_only=True):
    """One line of what an item costs."""

    price_id: str
    name: str
    kind: str
    list_cents: Cents
    discount_id: str = ""
    discount_name: str = ""
    discount_percent: int = 0
    discount_cents: Cents = 0
    term_months: int = 0


class ItemRecord(MessagePart, frozen=True, kw_only=True):
    """What is kept of one item, beside what everybody is told of it."""

    bundle_item: str = ""
    local_network: str = ""
    charges: tuple[ChargeRecord, ...] = ()


class BundleRecord(MessagePart, frozen=True, kw_only=True):
    """An item that stands for a bundle of others."""

    id: str
    offering_id: str
    offering_name: str
    catalogue_version: int


class NoteRecord(MessagePart, frozen=True, kw_only=True):
    """A remark that came with the order."""

    text: Personal = ""


class OrderRecord(MessagePart, frozen=True, kw_only=True):
    """What is kept of an order, beside what everybody is told of it."""

    items: tuple[ItemRecord, ...]
    """In the order of the message's own items."""

    bundles: tuple[BundleRecord, ...] = ()
    is_organization: bool = False
    known_category: str = ""
    """Of the customer, as earlier orders said it, where the message does not."""

    category: str = ""
    description: Personal = ""
    notes: tuple[NoteRecord, ...] = ()
    requested_start: datetime | None = None
    requested_completion: datetime | None = None
    person: str = ""
    """Who placed it, where it is not the client itself."""

    idempotency_key: str = ""
    fingerprint: bytes = b""
    """Of the request's body, sealed: by it a repeated request is recognised."""
