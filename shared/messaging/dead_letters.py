"""Where messages wait that could not be handled, for a person to look at.

While one waits, those that follow it under the same key wait behind it, so that
the order within the key survives; all other keys flow.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import BigInteger, ColumnElement, Identity, Index, bindparam, func, select, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, Session, mapped_column

from shared.persistence.bulk import insert_rows
from shared.persistence.database import Base, Instant, enum_text
from shared.persistence.statements import CompiledStatement

EARLY_RETRY_PERIOD = timedelta(minutes=5)
"""How long an early message is tried again by itself after it came; then a person has to look."""


class DeadLetterReason(StrEnum):
    """The classes of trouble that park a message."""

    UNREADABLE = "unreadable"
    UNKNOWN_VERSION = "unknown-version"
    TOO_LARGE = "too-large"
    RULE_BROKEN = "rule-broken"
    BUG = "bug"
    COLLISION = "collision"
    DEADLY = "deadly"
    """It ended the process, five times."""

    EARLY = "early"
    """What it is about is not known yet; it is tried again by itself for some minutes."""

    RESTORED = "restored"
    """The service told it before its database was set back, and cannot take it over."""

    BEHIND = "behind"
    """Nothing is wrong with it; it waits for one before it."""


class DeadLetterRow(Base):
    """One message that could not be handled, as it came."""

    __tablename__ = "parked"

    position: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    identity: Mapped[str] = mapped_column(unique=True)
    """The message's id; topic, partition and offset where it has none."""

    source: Mapped[str]
    """Topic and partition; `timers` or `attempts` for the service's own messages."""

    offset: Mapped[int] = mapped_column(BigInteger)
    type: Mapped[str]
    key: Mapped[bytes]
    body: Mapped[bytes]
    why: Mapped[DeadLetterReason] = mapped_column(enum_text(DeadLetterReason))
    error: Mapped[str]
    """For people: what was wrong, with the traceback where it was a bug."""

    parked_at: Mapped[datetime] = mapped_column(Instant)
    released_at: Mapped[datetime | None] = mapped_column(Instant)
    tenant: Mapped[str | None]
    """Whose message it is; None where that cannot be read: then it is the installation's."""

    __table_args__ = (
        Index("ix_parked_open", "key", "position", postgresql_where=released_at.is_(None)),
        Index("ix_parked_waiting", "position", postgresql_where=released_at.is_(None)),
        Index("ix_parked_tenant", "tenant", "position", postgresql_where=released_at.is_(None)),
    )


class NewDeadLetter(NamedTuple):
    """A message and the reason to set it aside."""

    identity: str
    source: str
    offset: int
    type: str
    key: bytes
    body: bytes
    why: DeadLetterReason
    error: str
    tenant: str | None = None


HAS_DEAD_LETTERS = "kaitong.has-parked"
"""Set in the `info` of a session that has parked something."""

KEYS = bindparam("keys", type_=ARRAY(DeadLetterRow.key.type))
IS_OPEN = DeadLetterRow.released_at.is_(None)
SELECT_BLOCKED_KEYS = CompiledStatement(
    select(DeadLetterRow.key)
    .where(DeadLetterRow.key == func.any(KEYS), IS_OPEN)
    .with_for_update(read=True)
)


def blocked_keys(session: Session, keys: Collection[bytes]) -> set[bytes]:
    """Return those of `keys` under which something is parked, and stays so until we end."""
    return set(SELECT_BLOCKED_KEYS.column(session, {"keys": list(keys)}))


def add(session: Session, several: Sequence[NewDeadLetter], now: datetime) -> None:
    """Set messages aside, once each."""
    session.info[HAS_DEAD_LETTERS] = True
    insert_rows(
        session,
        DeadLetterRow,
        (*NewDeadLetter._fields, "parked_at"),
        [(*each, now) for each in several],
    )


def ever_dead_lettered(session: Session, ids: Collection[UUID]) -> set[str]:
    """Return the identities of those of these messages that were ever parked."""
    these = DeadLetterRow.identity.in_([str(each) for each in ids])
    return set(session.scalars(select(DeadLetterRow.identity).where(these)))


def early_keys(session: Session, since: datetime) -> list[bytes]:
    """Return the keys under which a message waits that came too early, and not before `since`."""
    early = select(DeadLetterRow.key).where(IS_OPEN, DeadLetterRow.why == DeadLetterReason.EARLY)
    return list(session.scalars(early.where(DeadLetterRow.parked_at >= since).distinct()))


def next_of_key(session: Session, key: bytes, after: int) -> DeadLetterRow | None:
    """Return the first message that is parked under a key behind a position."""
    mine = select(DeadLetterRow).where(
        DeadLetterRow.key == key, DeadLetterRow.position > after, IS_OPEN
    )
    return session.scalar(mine.order_by(DeadLetterRow.position).limit(1))


def lock(session: Session, position: int) -> bool:
    """Keep all who come from a parked message until we end; tell whether it is parked still."""
    mine = select(DeadLetterRow.position).where(DeadLetterRow.position == position, IS_OPEN)
    return session.scalar(mine.with_for_update()) is not None


def mark_redelivered(session: Session, identity: str, now: datetime) -> None:
    """Note that a message is being handled after all."""
    session.execute(
        update(DeadLetterRow).where(DeadLetterRow.identity == identity).values(released_at=now)
    )


def update_failure(
    session: Session, identity: str, why: DeadLetterReason, error: str, tenant: str | None
) -> None:
    """Note what is wrong with a message that was tried again, and whose it is."""
    row = update(DeadLetterRow).where(DeadLetterRow.identity == identity)
    session.execute(row.values(why=why, error=error, tenant=tenant))


def belongs_to(tenant: str, installation: str) -> ColumnElement[bool]:
    """Return what is true of a tenant's parked messages.

    Those of which no tenant is known belong to the tenant that runs the installation.
    """
    own = DeadLetterRow.tenant == tenant
    return (own | DeadLetterRow.tenant.is_(None)) if tenant == installation else own


def list_open(
    session: Session, whose: ColumnElement[bool], *, limit: int, after: int = 0
) -> list[DeadLetterRow]:
    """Return what is parked of somebody (`belongs_to`), oldest first, from a position on."""
    rows = select(DeadLetterRow).where(IS_OPEN, whose, DeadLetterRow.position > after)
    return list(session.scalars(rows.order_by(DeadLetterRow.position).limit(limit)))


def get_open(session: Session, whose: ColumnElement[bool], position: int) -> DeadLetterRow | None:
    """Return what is parked of somebody (`belongs_to`) at a position, if it still is."""
    return session.scalar(
        select(DeadLetterRow).where(IS_OPEN, whose, DeadLetterRow.position == position)
    )


def count_of_key(session: Session, key: bytes) -> int:
    """Return how many messages are parked under a key."""
    mine = select(func.count()).select_from(DeadLetterRow).where(IS_OPEN, DeadLetterRow.key == key)
    return session.scalars(mine).one()


def count(session: Session) -> int:
    """Return how many messages are parked."""
    return session.scalars(select(func.count()).select_from(DeadLetterRow).where(IS_OPEN)).one()
