"""The tables of the customer service. No other service reads them.

Columns marked `personal` hold personal data; an erasure blanks them.
`told_at` and `told_by` are the time when a message was published, and the order it came with; or
the time of an erasure, and its request.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from services.customer.domain.parties.contested_account import ContestState
from shared.contracts import Held, ItemHoldings, OrderedItem, OrderState
from shared.persistence.database import (
    PERSONAL,
    Base,
    BytewiseText,
    Instant,
    enum_text,
    json_bytes,
)


def field_version_column() -> Mapped[str]:
    """Return a column for the version of a field; empty if it was never reported."""
    return mapped_column(BytewiseText, server_default="")


class PartyColumns:
    """The reported fields of a party, and the version of each."""

    name: Mapped[str] = mapped_column(BytewiseText, info=PERSONAL)
    phone: Mapped[str] = mapped_column(BytewiseText, info=PERSONAL)
    email: Mapped[str] = mapped_column(info=PERSONAL)
    identity_number: Mapped[str] = mapped_column(info=PERSONAL)
    category: Mapped[str]
    kind: Mapped[str] = mapped_column(server_default="")
    name_key: Mapped[str] = mapped_column(BytewiseText, server_default="", info=PERSONAL)
    """The name in comparable form."""

    phone_key: Mapped[str] = mapped_column(BytewiseText, server_default="", info=PERSONAL)
    """The phone number in E.164, if it is one."""

    name_mark: Mapped[str] = field_version_column()
    phone_mark: Mapped[str] = field_version_column()
    email_mark: Mapped[str] = field_version_column()
    identity_number_mark: Mapped[str] = field_version_column()
    category_mark: Mapped[str] = field_version_column()
    kind_mark: Mapped[str] = field_version_column()
    told_at: Mapped[datetime] = mapped_column(Instant)
    told_by: Mapped[UUID]


class PartyRow(PartyColumns, Base):
    """A person or an organization, with the merged data of all clients."""

    __tablename__ = "parties"

    tenant: Mapped[str] = mapped_column(primary_key=True)
    party_id: Mapped[str] = mapped_column(primary_key=True)
    erased_at: Mapped[datetime | None] = mapped_column(Instant)
    erased_mark: Mapped[str] = field_version_column()
    """Personal values up to this version are blank."""

    person_mark: Mapped[str] = mapped_column(server_default="")

    __table_args__ = (
        Index(
            *("ix_parties_phone_key", "tenant", "phone_key", "party_id"),
            postgresql_where=text("phone_key <> ''"),
        ),
        Index(
            *("ix_parties_name_key", "tenant", "name_key", "party_id"),
            postgresql_where=text("name_key <> ''"),
        ),
        Index(
            "ix_parties_mark",
            "tenant",
            "person_mark",
            "party_id",
            postgresql_where=person_mark != "",
        ),
    )


class PartySourceRow(PartyColumns, Base):
    """The source record of a party: what one client has reported, and may see."""

    __tablename__ = "party_tellings"

    tenant: Mapped[str] = mapped_column(primary_key=True)
    party_id: Mapped[str] = mapped_column(primary_key=True)
    client: Mapped[str] = mapped_column(primary_key=True)

    __table_args__ = (
        Index(
            *("ix_party_tellings_phone_key", "tenant", "phone_key", "party_id"),
            postgresql_where=text("phone_key <> ''"),
        ),
    )


class AccountSourceRow(Base):
    """An account and its customer, as one client has reported them."""

    __tablename__ = "account_tellings"
    __table_args__ = (Index("ix_account_tellings_party", "tenant", "party_id", "account_id"),)

    tenant: Mapped[str] = mapped_column(primary_key=True)
    account_id: Mapped[str] = mapped_column(primary_key=True)
    party_id: Mapped[str] = mapped_column(primary_key=True)
    client: Mapped[str] = mapped_column(primary_key=True)
    told_at: Mapped[datetime] = mapped_column(Instant)


class ContestedAccountRow(Base):
    """An account that orders of more than one customer have named."""

    __tablename__ = "contested_accounts"
    __table_args__ = (Index("ix_contested_accounts_state", "state", "tenant", "account_id"),)

    tenant: Mapped[str] = mapped_column(primary_key=True)
    account_id: Mapped[str] = mapped_column(primary_key=True)
    since: Mapped[datetime] = mapped_column(Instant)
    state: Mapped[ContestState] = mapped_column(enum_text(ContestState), server_default="open")
    settled_at: Mapped[datetime | None] = mapped_column(Instant)
    settled_by: Mapped[str] = mapped_column(server_default="")
    note: Mapped[str] = mapped_column(server_default="")
    settled_customers: Mapped[int] = mapped_column(server_default="0")


class PreviousReleaseAccountRow(Base):
    """An account as the previous release wrote it. Only that release reads it."""

    __tablename__ = "accounts"
    __table_args__ = (Index("ix_accounts_party", "tenant", "party_id", "account_id"),)

    tenant: Mapped[str] = mapped_column(primary_key=True)
    account_id: Mapped[str] = mapped_column(primary_key=True)
    party_id: Mapped[str]
    told_at: Mapped[datetime] = mapped_column(Instant)
    told_by: Mapped[UUID]


class OrderRow(Base):
    """An order as it was accepted. Its id grows with time."""

    __tablename__ = "orders"
    __table_args__ = (Index("ix_orders_party", "tenant", "party_id", "order_id"),)

    order_id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant: Mapped[str]
    party_id: Mapped[str]
    client: Mapped[str]
    external_id: Mapped[str]
    channel: Mapped[str]
    priority: Mapped[int]
    accepted_at: Mapped[datetime] = mapped_column(Instant)
    one_off_cents: Mapped[int] = mapped_column(BigInteger)
    monthly_cents: Mapped[int] = mapped_column(BigInteger)
    items: Mapped[tuple[OrderedItem, ...]] = mapped_column(json_bytes(tuple[OrderedItem, ...]))
    publishes_states: Mapped[bool] = mapped_column(server_default="false")


class OrderStateRow(Base):
    """The state of an order that was published last, if it changed since its acceptance."""

    __tablename__ = "order_states"

    order_id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant: Mapped[str]
    state: Mapped[OrderState] = mapped_column(enum_text(OrderState))
    sequence: Mapped[int] = mapped_column(BigInteger)
    """0 for a state that was derived from holds (`stops`)."""

    changed_at: Mapped[datetime] = mapped_column(Instant)
    code: Mapped[str]
    reason: Mapped[str]
    step: Mapped[str]


class OrderOutcomeRow(Base):
    """How an order ended."""

    __tablename__ = "endings"

    order_id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant: Mapped[str]
    state: Mapped[OrderState] = mapped_column(enum_text(OrderState))
    ended_at: Mapped[datetime] = mapped_column(Instant)
    code: Mapped[str]
    reason: Mapped[str]


class AssignmentRow(Base):
    """What resources holds for an order."""

    __tablename__ = "assignments"

    order_id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant: Mapped[str]
    items: Mapped[tuple[ItemHoldings, ...]] = mapped_column(json_bytes(tuple[ItemHoldings, ...]))


class HoldEventRow(Base):
    """The event that an order's plan was held, or resumed.

    A trigger derives from them the state of an order whose states are not published.
    """

    __tablename__ = "stops"
    __table_args__ = (Index("ix_stops_order", "order_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant: Mapped[str]
    order_id: Mapped[UUID]
    told_at: Mapped[datetime] = mapped_column(Instant)
    is_hold: Mapped[bool]
    step: Mapped[str]
    code: Mapped[str]
    reason: Mapped[str]


class ProductRow(Base):
    """A product as the order that changed it last left it.

    If its end is published before its start, only the end is stored at first.
    """

    __tablename__ = "products"

    product_id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant: Mapped[str]
    party_id: Mapped[str] = mapped_column(server_default="")
    service_id: Mapped[UUID | None]
    offering_id: Mapped[str] = mapped_column(server_default="")
    name: Mapped[str] = mapped_column(server_default="")
    number: Mapped[str] = mapped_column(server_default="")
    monthly_cents: Mapped[int] = mapped_column(BigInteger, server_default="0")
    told_at: Mapped[datetime | None] = mapped_column(Instant)
    told_by: Mapped[UUID | None]
    ended_at: Mapped[datetime | None] = mapped_column(Instant)
    client: Mapped[str] = mapped_column(server_default="")
    """The owner client; empty if the order service has not reported it."""

    suspended_for: Mapped[tuple[str, ...]] = mapped_column(
        json_bytes(tuple[str, ...]), server_default="[]"
    )

    __table_args__ = (
        Index(
            "ix_products_party",
            "tenant",
            "party_id",
            "product_id",
            postgresql_where=ended_at.is_(None),
        ),
    )


class ServiceRow(Base):
    """The service in the network for a product. Its end may be stored first, too."""

    __tablename__ = "services"

    service_id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant: Mapped[str]
    product_id: Mapped[UUID | None]
    specification: Mapped[str] = mapped_column(server_default="")
    held: Mapped[tuple[Held, ...] | None] = mapped_column(json_bytes(tuple[Held, ...]))
    told_at: Mapped[datetime | None] = mapped_column(Instant)
    told_by: Mapped[UUID | None]
    ended_at: Mapped[datetime | None] = mapped_column(Instant)
