"""The tables of the order service. No other service reads them.

Columns marked `personal` hold personal data; an erasure blanks them.
"""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, Identity, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from services.order.domain.acceptance.quotes import QuoteContent
from services.order.domain.acceptance.request import RequestedOrder
from services.order.domain.catalogue.agreements import AgreementTerms
from services.order.domain.fulfilment.product import Product, ProductContent, ProductStatus
from services.order.domain.fulfilment.progress import ItemState
from services.order.domain.order import OrderContent
from shared.contracts import BlueprintName, OrderState
from shared.persistence.database import PERSONAL, Base, Instant, enum_text, json_bytes
from shared.persistence.versioned_documents import EditionRow

UNCOMPRESSED = {"postgresql_with": {"toast_tuple_target": "8160"}}
"""Leaves rows of usual size uncompressed: PostgreSQL would compress them from 2 KB on."""

IS_REPETITION = text("id <> order_id")
"""True for a repetition of an earlier submission; the first has the id of its order."""


class SubmissionRow(Base):
    """One accepted request and its response. Only an erasure changes it."""

    __tablename__ = "submissions"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant: Mapped[str]
    client: Mapped[str]
    idempotency_key: Mapped[str | None] = mapped_column()
    external_id: Mapped[str | None] = mapped_column()
    order_id: Mapped[UUID]
    fingerprint: Mapped[bytes]
    answer: Mapped[bytes] = mapped_column(info=PERSONAL)

    __table_args__ = (
        Index(
            "uq_submissions_key",
            *("tenant", "client", "idempotency_key"),
            unique=True,
            postgresql_where=idempotency_key.is_not(None),
        ),
        Index(
            "uq_submissions_external_id",
            *("tenant", "external_id", "client"),
            unique=True,
            postgresql_where=external_id.is_not(None),
        ),
        Index("ix_submissions_repeated", "order_id", postgresql_where=IS_REPETITION),
        UNCOMPRESSED,
    )


class OrderRow(Base):
    """One order as it was accepted. Only an erasure changes it, and its start if it has waited.

    Ids sort by time, so each index holds its orders oldest first.
    """

    __tablename__ = "orders"
    __table_args__ = (
        Index("ix_orders_tenant", "tenant", "id"),
        Index("ix_orders_client", "tenant", "client", "id"),
        Index("ix_orders_party", "tenant", "party_id", "id"),
        UNCOMPRESSED,
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant: Mapped[str]
    client: Mapped[str]
    party_id: Mapped[str]
    content: Mapped[OrderContent] = mapped_column(json_bytes(OrderContent), info=PERSONAL)


class ProgressRow(Base):
    """The progress of one order. Separate from the order, so that a change writes little.

    Client and party are repeated here so that an index can hold them beside the state. A trigger
    fills them in for rows that the previous release writes.
    """

    __tablename__ = "order_progress"
    __table_args__ = (
        Index("ix_order_progress_state", "tenant", "state", "order_id"),
        Index("ix_order_progress_client", "tenant", "client", "state", "order_id"),
        Index("ix_order_progress_party", "tenant", "party_id", "state", "order_id"),
    )

    order_id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant: Mapped[str]
    state: Mapped[OrderState] = mapped_column(enum_text(OrderState))
    items: Mapped[tuple[ItemState, ...]] = mapped_column(json_bytes(tuple[ItemState, ...]))
    code: Mapped[str]
    reason: Mapped[str]
    changed_at: Mapped[datetime] = mapped_column(Instant)
    client: Mapped[str] = mapped_column(server_default="")
    party_id: Mapped[str] = mapped_column(server_default="")


class ProductRow(Base):
    """One product of one customer."""

    __tablename__ = "products"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant: Mapped[str]
    party_id: Mapped[str]
    status: Mapped[ProductStatus] = mapped_column(enum_text(ProductStatus))
    offering_id: Mapped[str]
    specification: Mapped[str]
    number: Mapped[str] = mapped_column()
    service_id: Mapped[UUID]
    order_id: Mapped[UUID]
    ending_order_id: Mapped[UUID | None]
    open_order_id: Mapped[UUID | None]
    changed_order_id: Mapped[UUID | None]
    base_id: Mapped[UUID | None] = mapped_column()
    bundle_id: Mapped[UUID | None] = mapped_column()
    started_at: Mapped[datetime] = mapped_column(Instant)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)
    content: Mapped[ProductContent] = mapped_column(json_bytes(ProductContent))
    client: Mapped[str] = mapped_column(server_default="")
    """The owner; a trigger fills it in for rows that the previous release writes."""

    __table_args__ = (
        Index("ix_products_tenant", "tenant", "id"),
        Index("ix_products_client", "tenant", "client", "id"),
        Index("ix_products_party", "tenant", "party_id", "id"),
        Index("ix_products_offering", "tenant", "offering_id", "id"),
        Index("ix_products_number", "tenant", "number", "id", postgresql_where=number != ""),
        Index(
            "ix_products_gone",
            *("tenant", "status", "id"),
            postgresql_where=status != ProductStatus.ACTIVE,
        ),
        Index("ix_products_bundle", "bundle_id", postgresql_where=bundle_id.is_not(None)),
        Index("ix_products_base", "base_id", postgresql_where=base_id.is_not(None)),
    )


class PastStateRow(Base):
    """A product as it was until an order changed or ended it."""

    __tablename__ = "past_states"
    __table_args__ = (Index("ix_past_states_product", "product_id", "until"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant: Mapped[str]
    product_id: Mapped[UUID]
    order_id: Mapped[UUID]
    until: Mapped[datetime] = mapped_column(Instant)
    product: Mapped[Product] = mapped_column(json_bytes(Product))


class QuoteRow(Base):
    """One quote. The order that is placed with it sets `order_id`, once."""

    __tablename__ = "quotes"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant: Mapped[str]
    client: Mapped[str]
    party_id: Mapped[str]
    made_at: Mapped[datetime] = mapped_column(Instant)
    valid_until: Mapped[datetime] = mapped_column(Instant)
    order_id: Mapped[UUID | None]
    idempotency_key: Mapped[str | None] = mapped_column()
    fingerprint: Mapped[bytes]
    content: Mapped[QuoteContent] = mapped_column(json_bytes(QuoteContent))

    __table_args__ = (
        Index(
            "uq_quotes_key",
            *("tenant", "client", "idempotency_key"),
            unique=True,
            postgresql_where=idempotency_key.is_not(None),
        ),
    )


class AgreementRow(Base):
    """One agreement with a customer, as it was approved last."""

    __tablename__ = "agreements"
    __table_args__ = (Index("ix_agreements_customer", "tenant", "party_id", "id"),)

    tenant: Mapped[str] = mapped_column(primary_key=True)
    id: Mapped[str] = mapped_column(primary_key=True)
    party_id: Mapped[str]
    changed_at: Mapped[datetime] = mapped_column(Instant)
    changed_by: Mapped[str]
    terms: Mapped[AgreementTerms] = mapped_column(json_bytes(AgreementTerms))


class QueuedOrderRow(Base):
    """The request of an order that waits for others; deleted when the order starts or ends."""

    __tablename__ = "queued_orders"

    order_id: Mapped[UUID] = mapped_column(primary_key=True)
    is_tenant_wide: Mapped[bool]
    requested: Mapped[RequestedOrder] = mapped_column(json_bytes(RequestedOrder))
    """Without personal data."""


class AwaitedProductRow(Base):
    """One product for which an order waits."""

    __tablename__ = "awaited_products"

    order_id: Mapped[UUID] = mapped_column(primary_key=True)
    product_id: Mapped[UUID] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(BigInteger, Identity(always=True))
    """Orders that wait for one product get it in this sequence: that of their acceptance."""

    __table_args__ = (Index("ix_awaited_products_queue", "product_id", "position"),)


class BillingLineRow(Base):
    """One completed item, as it was handed over to billing. Partitioned by month.

    It follows from the published message; its month is dropped with that of the outbox. Its only
    index finds the lines of a file, and refuses a line that is written again.
    """

    __tablename__ = "billing_lines"
    __table_args__ = {"postgresql_partition_by": "RANGE (handed_over_at)"}  # noqa: RUF012  SQLAlchemy's

    tenant: Mapped[str] = mapped_column(primary_key=True)
    local_network: Mapped[str] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    handed_over_at: Mapped[datetime] = mapped_column(Instant, primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    action: Mapped[str]
    offering_id: Mapped[str]
    one_off_cents: Mapped[int] = mapped_column(BigInteger)
    monthly_begin_cents: Mapped[int] = mapped_column(BigInteger)
    monthly_end_cents: Mapped[int] = mapped_column(BigInteger)


class IdentityHoldingRow(Base):
    """One product that counts for an identity; deleted when it no longer does."""

    __tablename__ = "identity_holdings"
    __table_args__ = (
        Index("ix_identity_holdings_identity", "tenant", "identity"),
        Index("ix_identity_holdings_product", "product_id"),
        Index("ix_identity_holdings_order", "order_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant: Mapped[str]
    identity: Mapped[str] = mapped_column(info=PERSONAL)
    counts_as: Mapped[str]
    product_id: Mapped[UUID]
    order_id: Mapped[UUID]


class IdentityBlockRow(Base):
    """One blocked identity. It belongs to no customer record, so no erasure concerns it."""

    __tablename__ = "identity_blocks"
    __table_args__ = (
        Index("uq_identity_blocks_identity", "tenant", "identity", unique=True),
        Index("ix_identity_blocks_tenant", "tenant", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant: Mapped[str]
    identity: Mapped[str]
    document_type: Mapped[str]
    reason: Mapped[str]
    since: Mapped[datetime] = mapped_column(Instant)
    until: Mapped[datetime | None] = mapped_column(Instant)
    blocked_by: Mapped[str]


class CatalogueEntryRow(Base):
    """One version of a specification or an offering."""

    __tablename__ = "catalogue"

    tenant: Mapped[str] = mapped_column(primary_key=True)
    """Empty for what all tenants share."""

    kind: Mapped[str] = mapped_column(primary_key=True)
    id: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    content: Mapped[bytes]


class BlueprintsRow(Base):
    """The blueprints of one tenant, as provisioning published them last."""

    __tablename__ = "blueprints"

    tenant: Mapped[str] = mapped_column(primary_key=True)
    """Empty for what all tenants share."""

    blueprints: Mapped[tuple[BlueprintName, ...]] = mapped_column(
        json_bytes(tuple[BlueprintName, ...])
    )


class CatalogueEditionRow(EditionRow):
    """The edition of one tenant's catalogue; it changes whenever an entry changes."""

    __tablename__ = "catalogue_editions"
