"""Reading back what a service itself has told, from its archive."""

from datetime import datetime
from typing import Any, NamedTuple, TypeVar
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from shared.contracts import Message, read_envelope
from shared.messaging.outbox import OUTBOX

M = TypeVar("M", bound=Message)


class PublishedEntry(NamedTuple):
    """That a message was told; not what is in it."""

    at: datetime
    type: str
    sequence: int


def list_published(session: Session, tenant: str, key: UUID) -> list[PublishedEntry]:
    """Return when what was told under a key, oldest first."""
    found = select(OUTBOX.c.told_at, OUTBOX.c.type, OUTBOX.c.sequence)
    rows = session.execute(filter_by_key(found, tenant, key))
    return [PublishedEntry(*row) for row in rows]


def read_published(
    session: Session, tenant: str, key: UUID, kind: type[M]
) -> list[tuple[datetime, M]]:
    """Return the messages of one kind that were told under a key, oldest first, and when."""
    records = select(OUTBOX.c.told_at, OUTBOX.c.body).where(OUTBOX.c.type == kind.type)
    rows = session.execute(filter_by_key(records, tenant, key))
    opened = ((at, read_envelope(body).open()) for at, body in rows)
    return [(at, message) for at, message in opened if isinstance(message, kind)]


def has_published(session: Session, key: UUID, kind: type[Message]) -> bool:
    """Tell whether a message of this kind was ever told under a key."""
    found = select(OUTBOX.c.id).where(OUTBOX.c.key == key, OUTBOX.c.type == kind.type)
    return session.scalar(found.limit(1)) is not None


def filter_by_key(records: Select[Any], tenant: str, key: UUID) -> Select[Any]:
    """Return those records that were told under a key, oldest first."""
    mine = records.where(OUTBOX.c.key == key, OUTBOX.c.tenant == tenant)
    return mine.order_by(OUTBOX.c.position)
