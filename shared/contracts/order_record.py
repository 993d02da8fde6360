"""The data of an order that the order service publishes for itself alone.

A restored database reads its orders back from it. The other services do not use it.
"""

from datetime import date, datetime
from uuid import UUID

from shared.contracts.message_parts import Cents, MessagePart
from shared.contracts.personal import Personal


class ChargeRecord(MessagePart, frozen=True, kw_only=True):
    """One charge of an item."""

    price_id: str
    name: str
    kind: str
    list_cents: Cents
    discount_id: str = ""
    discount_name: str = ""
    discount_percent: int = 0
    discount_cents: Cents = 0
    term_months: int = 0
    quantity: int = 1
    discount_months: int = 0
    is_own_discount: bool = False
    first_month: str = "daily"
    tax_basis_points: int = 0
    """The rate of the tax, in hundredths of a percent."""

    since: date | None = None
    """The day from which a recurring one is due, if it was before the order."""


class CommitmentRecord(MessagePart, frozen=True, kw_only=True):
    """The commitment that begins with an item."""

    price_id: str
    name: str
    months: int
    penalty_percent: int = 0
    penalty_cents: Cents = 0


class ItemRecord(MessagePart, frozen=True, kw_only=True):
    """The order service's own data of one item, beside the item in the message."""

    bundle_item: str = ""
    local_network: str = ""
    charges: tuple[ChargeRecord, ...] = ()
    agreement_id: str = ""
    commitment: CommitmentRecord | None = None
    charge_start: str = "completion"
    charged_from: date | None = None
    """The day on which the recurring charges begin, if the order states one."""
    counts_as: str = ""
    """The group of products as one of which its own counts for an identity."""


class BundleRecord(MessagePart, frozen=True, kw_only=True):
    """An item that represents a bundle of other items."""

    id: str
    offering_id: str
    offering_name: str
    catalogue_version: int


class NoteRecord(MessagePart, frozen=True, kw_only=True):
    """A remark that came with the order."""

    text: Personal = ""


class RealNameCheckRecord(MessagePart, frozen=True, kw_only=True):
    """A reference to the real-name check of a party."""

    role: str
    system: str
    reference: Personal = ""
    checked_at: datetime
    document_type: str
    identity: Personal = ""
    """The key of the customer's identity: a keyed hash."""


class OrderRecord(MessagePart, frozen=True, kw_only=True):
    """The order service's own data of an order, beside the rest of the message."""

    items: tuple[ItemRecord, ...]
    """In the order of the message's own items."""

    bundles: tuple[BundleRecord, ...] = ()
    is_organization: bool = False
    known_category: str = ""
    """The customer's category from earlier orders, if the message has none."""

    quote_id: UUID | None = None
    """The quote whose prices it has."""

    category: str = ""
    description: Personal = ""
    notes: tuple[NoteRecord, ...] = ()
    requested_start: datetime | None = None
    requested_completion: datetime | None = None
    person: str = ""
    """The person who placed it, if it was not the client itself."""

    waits_for: tuple[UUID, ...] = ()
    """The orders that it has waited for."""
    real_name_checks: tuple[RealNameCheckRecord, ...] = ()

    idempotency_key: str = ""
    fingerprint: bytes = b""
    """The keyed fingerprint of the request's body: it identifies a repeated request."""
