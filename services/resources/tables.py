"""The tables of the resources service. No other service reads them.

Numbers and pool items change their state in place. Free resources are found by an index of
the free ones alone, which shrinks as a pool fills. An item that goes from reserved to in use
changes no indexed column, and the pages keep room for its new version: that update touches
no index at all.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Computed, Index, String, Text, false, func
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from services.resources.domain.pool.kinds import PoolKind
from services.resources.domain.pool.states import NumberState, PoolItemState
from shared.contracts import Characteristic
from shared.persistence.database import Base, BytewiseText, Instant, enum_text, json_bytes

ROOM_FOR_UPDATES = {"postgresql_with": {"fillfactor": 60}}


class ExchangeRow(Base):
    """A local exchange."""

    __tablename__ = "exchanges"
    __table_args__ = (Index("ix_exchanges_network", "tenant", "local_network", "id"),)

    tenant: Mapped[str] = mapped_column(primary_key=True)
    id: Mapped[str] = mapped_column(BytewiseText, primary_key=True)
    name: Mapped[str]
    local_network: Mapped[str]
    city: Mapped[str]
    district: Mapped[str]


class SegmentRow(Base):
    """A range of numbers of one exchange."""

    __tablename__ = "segments"
    __table_args__ = (
        Index("uq_segments_first", "tenant", "first", unique=True),
        Index("ix_segments_exchange", "tenant", "exchange_id", "first"),
    )

    tenant: Mapped[str] = mapped_column(primary_key=True)
    id: Mapped[str] = mapped_column(BytewiseText, primary_key=True)
    exchange_id: Mapped[str] = mapped_column(BytewiseText)
    local_network: Mapped[str]
    first: Mapped[str] = mapped_column(BytewiseText)
    last: Mapped[str] = mapped_column(BytewiseText)
    count: Mapped[int]
    kind: Mapped[str]
    quarantine_days: Mapped[int]
    state: Mapped[NumberState] = mapped_column(enum_text(NumberState))


class NumberRow(Base):
    """One telephone number: without a holder, selected for some minutes, or held by one service."""

    __tablename__ = "numbers"

    tenant: Mapped[str] = mapped_column(primary_key=True)
    e164: Mapped[str] = mapped_column(BytewiseText, primary_key=True)
    exchange_id: Mapped[str] = mapped_column(BytewiseText)
    grade: Mapped[str]
    state: Mapped[NumberState] = mapped_column(enum_text(NumberState))
    idle: Mapped[bool] = mapped_column(Computed("state = 'idle'", persisted=True))
    order_id: Mapped[UUID | None] = mapped_column()
    service_id: Mapped[UUID | None] = mapped_column()
    selected_by: Mapped[str | None]
    until: Mapped[datetime | None] = mapped_column(Instant)

    __table_args__ = (
        CheckConstraint(
            "(state IN ('reserved', 'in_use', 'pending_release')) = (service_id IS NOT NULL)"
            " AND (order_id IS NULL) = (service_id IS NULL)",
            name="held_by_one",
        ),
        CheckConstraint("(state = 'selected') = (selected_by IS NOT NULL)", name="selected_by_one"),
        CheckConstraint(
            "(state IN ('selected', 'quarantined')) = (until IS NOT NULL)", name="ends"
        ),
        Index(
            *("ix_numbers_idle", "tenant", "exchange_id", "grade", "e164"),
            postgresql_where=idle,
        ),
        Index(
            *("ix_numbers_ending", "tenant", func.reverse(e164)),
            postgresql_where=idle,
        ),
        Index("ix_numbers_order", "order_id", postgresql_where=order_id.is_not(None)),
        Index("ix_numbers_service", "service_id", postgresql_where=service_id.is_not(None)),
        ROOM_FOR_UPDATES,
    )


class ReservationReviewRow(Base):
    """The question about an order's old reservation, and its answer."""

    __tablename__ = "questions"
    __table_args__ = (Index("ix_questions_since", "tenant", "since", "order_id"),)

    order_id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant: Mapped[str]
    since: Mapped[datetime] = mapped_column(Instant)
    question_id: Mapped[UUID | None]
    asked_at: Mapped[datetime | None] = mapped_column(Instant)
    answered_at: Mapped[datetime | None] = mapped_column(Instant)
    is_needed: Mapped[bool | None]
    plan: Mapped[str] = mapped_column(server_default="")
    release_by: Mapped[str] = mapped_column(server_default="")
    release_reason: Mapped[str] = mapped_column(server_default="")


class AddressRow(Base):
    """A standard address, and the plant that serves it."""

    __tablename__ = "addresses"
    __table_args__ = (
        Index("ix_addresses_grams", "grams", postgresql_using="gin"),
        Index("ix_addresses_exchange", "tenant", "exchange_id", "id"),
        Index("ix_addresses_key", "tenant", sql("lower(id)")),
    )

    tenant: Mapped[str] = mapped_column(primary_key=True)
    id: Mapped[str] = mapped_column(BytewiseText, primary_key=True)
    text: Mapped[str]
    exchange_id: Mapped[str] = mapped_column(BytewiseText)
    local_network: Mapped[str]
    splitter_id: Mapped[str | None] = mapped_column(BytewiseText)
    grams: Mapped[list[str]] = mapped_column(ARRAY(Text))
    """Every pair of adjacent characters of the text: the key of a search."""

    letters: Mapped[str] = mapped_column(server_default="")
    """The comparable form of the text; empty if the previous release wrote the row."""


class SplitterRow(Base):
    """A splitter on a PON port."""

    __tablename__ = "splitters"
    __table_args__ = (Index("ix_splitters_svlan", "tenant", "exchange_id", "svlan", "id"),)

    tenant: Mapped[str] = mapped_column(primary_key=True)
    id: Mapped[str] = mapped_column(BytewiseText, primary_key=True)
    exchange_id: Mapped[str] = mapped_column(BytewiseText)
    olt: Mapped[str]
    pon_port: Mapped[str]
    legs: Mapped[int]
    svlan: Mapped[int]
    first_cvlan: Mapped[int]
    faulty_legs: Mapped[int]


class PoolRow(Base):
    """The capacity of one pool."""

    __tablename__ = "pools"
    __table_args__ = (Index("ix_pools_exchange", "tenant", "exchange_id", "kind", "name"),)

    tenant: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(32), primary_key=True)
    name: Mapped[str] = mapped_column(BytewiseText, primary_key=True)
    exchange_id: Mapped[str] = mapped_column(BytewiseText)
    capacity: Mapped[int]


class PoolKindRow(Base):
    """One kind of resources that a tenant has published. It never changes."""

    __tablename__ = "pool_kinds"

    tenant: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(32), primary_key=True)
    content: Mapped[PoolKind] = mapped_column(json_bytes(PoolKind))
    published_at: Mapped[datetime] = mapped_column(Instant)
    published_by: Mapped[str]


class PoolItemRow(Base):
    """One resource of a pool other than a number: a leg, a VLAN, a LOID, a pair."""

    __tablename__ = "pool_items"

    tenant: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(32), primary_key=True)
    pool: Mapped[str] = mapped_column(BytewiseText, primary_key=True)
    value: Mapped[str] = mapped_column(BytewiseText, primary_key=True)
    element: Mapped[str]
    attributes: Mapped[tuple[Characteristic, ...]] = mapped_column(
        json_bytes(tuple[Characteristic, ...])
    )
    state: Mapped[PoolItemState] = mapped_column(enum_text(PoolItemState))
    free: Mapped[bool] = mapped_column(Computed("state = 'free'", persisted=True))
    order_id: Mapped[UUID | None] = mapped_column()
    service_id: Mapped[UUID | None] = mapped_column()
    until: Mapped[datetime | None] = mapped_column(Instant)
    unique_value: Mapped[bool] = mapped_column(server_default=false())
    """Whether its value is unique among all items of its kind, as the kind says."""

    __table_args__ = (
        CheckConstraint(
            "(state IN ('reserved', 'in_use', 'pre_released')) = (service_id IS NOT NULL)"
            " AND (order_id IS NULL) = (service_id IS NULL)",
            name="held_by_one",
        ),
        CheckConstraint("(state = 'quarantined') = (until IS NOT NULL)", name="ends"),
        Index("ix_pool_items_free", "tenant", "kind", "pool", "value", postgresql_where=free),
        # The values of other items contain their pool's name.
        Index(
            *("uq_pool_items_value", "tenant", "kind", "value"),
            unique=True,
            postgresql_where=unique_value,
        ),
        # The previous release does not mark the rows of VLANs.
        Index(
            *("uq_pool_items_vlan", "tenant", "value"),
            unique=True,
            postgresql_where=sql("kind = 'vlan'"),
        ),
        Index("ix_pool_items_order", "order_id", postgresql_where=order_id.is_not(None)),
        Index("ix_pool_items_service", "service_id", postgresql_where=service_id.is_not(None)),
        ROOM_FOR_UPDATES,
    )
