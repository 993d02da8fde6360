"""Dead letters: messages that could not be handled, parked for a person to check.

While one is parked, later messages of its key are parked behind it, so that the
order within the key is kept; messages of other keys are handled.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import BigInteger, ColumnElement, Identity, Index, bindparam, func, select, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, Session, mapped_column

from shared.persistence.bulk import insert_new_rows
from shared.persistence.database import Base, Instant, enum_text
from shared.persistence.statements import CompiledStatement

EARLY_RETRY_PERIOD = timedelta(minutes=5)
"""How long an early message is retried automatically after parking; then a person must act."""


class DeadLetterReason(StrEnum):
    """Why a message is a dead letter."""

    UNREADABLE = "unreadable"
    UNKNOWN_VERSION = "unknown-version"
    TOO_LARGE = "too-large"
    RULE_BROKEN = "rule-broken"
    BUG = "bug"
    COLLISION = "collision"
    DEADLY = "deadly"
    """The process ended five times while handling it."""

    EARLY = "early"
    """What it refers to is not known yet; it is retried automatically for some minutes."""

    RESTORED = "restored"
    """Published before the database was restored to an earlier state; takeover failed."""

    BEHIND = "behind"
    """Nothing is wrong with it; it waits for an earlier dead letter of its key."""


class DeadLetterRow(Base):
    """One message that could not be handled, as it was consumed."""

    __tablename__ = "parked"

    position: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    identity: Mapped[str] = mapped_column(unique=True)
    """The message's id; topic, partition and offset if it has none."""

    source: Mapped[str]
    """Topic and partition; `timers` or `attempts` for the service's own messages."""

    offset: Mapped[int] = mapped_column(BigInteger)
    type: Mapped[str]
    key: Mapped[bytes]
    body: Mapped[bytes]
    why: Mapped[DeadLetterReason] = mapped_column(enum_text(DeadLetterReason))
    error: Mapped[str]
    """For people: what was wrong, with the traceback if it was a bug."""

    parked_at: Mapped[datetime] = mapped_column(Instant)
    released_at: Mapped[datetime | None] = mapped_column(Instant)
    tenant: Mapped[str | None]
    """The message's tenant; None if unreadable or not named: then the tenant that runs the
    installation has it."""

    __table_args__ = (
        Index("ix_parked_open", "key", "position", postgresql_where=released_at.is_(None)),
        Index("ix_parked_waiting", "position", postgresql_where=released_at.is_(None)),
        Index("ix_parked_tenant", "tenant", "position", postgresql_where=released_at.is_(None)),
    )


class NewDeadLetter(NamedTuple):
    """A message to park, with the reason."""

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
"""Key in the `info` of a session that has parked a message."""

KEYS = bindparam("keys", type_=ARRAY(DeadLetterRow.key.type))
IS_OPEN = DeadLetterRow.released_at.is_(None)
SELECT_BLOCKED_KEYS = CompiledStatement(
    select(DeadLetterRow.key)
    .where(DeadLetterRow.key == func.any(KEYS), IS_OPEN)
    .with_for_update(read=True)
)


def lock_blocked_keys(session: Session, keys: Collection[bytes]) -> set[bytes]:
    """Return those of `keys` with open dead letters, locked until the transaction ends."""
    return set(SELECT_BLOCKED_KEYS.column(session, {"keys": list(keys)}))


def add(session: Session, dead_letters: Sequence[NewDeadLetter], now: datetime) -> None:
    """Park messages, once each."""
    session.info[HAS_DEAD_LETTERS] = True
    insert_new_rows(
        session,
        DeadLetterRow,
        (*NewDeadLetter._fields, "parked_at"),
        [(*each, now) for each in dead_letters],
    )


def ever_dead_lettered(session: Session, ids: Collection[UUID]) -> set[str]:
    """Return the identities of those of these messages that were ever dead letters."""
    these = DeadLetterRow.identity.in_([str(each) for each in ids])
    return set(session.scalars(select(DeadLetterRow.identity).where(these)))


def early_keys(session: Session, since: datetime) -> list[bytes]:
    """Return the keys of early messages that were parked at `since` or later."""
    early = select(DeadLetterRow.key).where(IS_OPEN, DeadLetterRow.why == DeadLetterReason.EARLY)
    return list(session.scalars(early.where(DeadLetterRow.parked_at >= since).distinct()))


def next_of_key(session: Session, key: bytes, after: int) -> DeadLetterRow | None:
    """Return the first open dead letter of a key after a position."""
    rows = select(DeadLetterRow).where(
        DeadLetterRow.key == key, DeadLetterRow.position > after, IS_OPEN
    )
    return session.scalar(rows.order_by(DeadLetterRow.position).limit(1))


def lock_if_open(session: Session, position: int) -> bool:
    """Lock a dead letter until the transaction ends; return whether it is still open."""
    row = select(DeadLetterRow.position).where(DeadLetterRow.position == position, IS_OPEN)
    return session.scalar(row.with_for_update()) is not None


def mark_redelivered(session: Session, identity: str, now: datetime) -> None:
    """Mark a dead letter as redelivered."""
    session.execute(
        update(DeadLetterRow).where(DeadLetterRow.identity == identity).values(released_at=now)
    )


def update_failure(
    session: Session, identity: str, why: DeadLetterReason, error: str, tenant: str | None
) -> None:
    """Save the new reason, error text and tenant of a dead letter that failed again."""
    row = update(DeadLetterRow).where(DeadLetterRow.identity == identity)
    session.execute(row.values(why=why, error=error, tenant=tenant))


def tenant_condition(tenant: str, installation: str) -> ColumnElement[bool]:
    """Return the condition that selects a tenant's dead letters.

    Those without a known tenant belong to the tenant that runs the installation.
    """
    own = DeadLetterRow.tenant == tenant
    return (own | DeadLetterRow.tenant.is_(None)) if tenant == installation else own


def list_open(
    session: Session, of_tenant: ColumnElement[bool], *, limit: int, after: int = 0
) -> list[DeadLetterRow]:
    """Return a tenant's open dead letters after a position, oldest first."""
    rows = select(DeadLetterRow).where(IS_OPEN, of_tenant, DeadLetterRow.position > after)
    return list(session.scalars(rows.order_by(DeadLetterRow.position).limit(limit)))


def get_open(
    session: Session, of_tenant: ColumnElement[bool], position: int
) -> DeadLetterRow | None:
    """Return a tenant's open dead letter at a position, if there is one."""
    return session.scalar(
        select(DeadLetterRow).where(IS_OPEN, of_tenant, DeadLetterRow.position == position)
    )


def count_of_key(session: Session, key: bytes) -> int:
    """Return the number of open dead letters of a key."""
    rows = select(func.count()).select_from(DeadLetterRow).where(IS_OPEN, DeadLetterRow.key == key)
    return session.scalars(rows).one()


def count(session: Session) -> int:
    """Return the number of open dead letters."""
    return session.scalars(select(func.count()).select_from(DeadLetterRow).where(IS_OPEN)).one()
