"""Tables of orders and their submissions; and of orders that wait for others."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Identity, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from services.order.domain.acceptance.request import RequestedOrder
from services.order.domain.fulfilment.progress import ItemState
from services.order.domain.order import OrderContent
from shared.contracts import OrderState
from shared.persistence.database import PERSONAL, Base, Instant, enum_text, json_bytes

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
