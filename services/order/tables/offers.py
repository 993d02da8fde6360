"""Tables of what is sold: catalogue, blueprints, quotes, agreements; and what is handed over."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, Index
from sqlalchemy.orm import Mapped, mapped_column

from services.order.domain.acceptance.quotes import QuoteContent
from services.order.domain.catalogue.agreements import AgreementTerms
from shared.contracts import BlueprintName
from shared.persistence.database import Base, Instant, json_bytes
from shared.persistence.versioned_documents import EditionRow


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
