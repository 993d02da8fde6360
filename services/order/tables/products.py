"""Tables of the installed base: what customers have and had, and what counts for identities."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from services.order.domain.fulfilment.product import Product, ProductContent, ProductStatus
from shared.persistence.database import PERSONAL, Base, Instant, enum_text, json_bytes


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
