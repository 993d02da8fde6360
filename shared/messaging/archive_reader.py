"""Reads the messages that a service has published, from its outbox, which keeps them."""

from datetime import datetime
from typing import Any, NamedTuple, TypeVar
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from shared.contracts import Message, read_envelope
from shared.messaging.outbox import OUTBOX

M = TypeVar("M", bound=Message)


class PublishedMessageMetadata(NamedTuple):
    """Time, type and sequence of a published message, without its content."""

    at: datetime
    type: str
    sequence: int


def list_published(session: Session, tenant: str, key: UUID) -> list[PublishedMessageMetadata]:
    """Return when which types were published under a key, oldest first."""
    found = select(OUTBOX.c.told_at, OUTBOX.c.type, OUTBOX.c.sequence)
    rows = session.execute(select_of_key(found, tenant, key))
    return [PublishedMessageMetadata(*row) for row in rows]


def read_published(
    session: Session, tenant: str, key: UUID, kind: type[M]
) -> list[tuple[datetime, M]]:
    """Return the messages of one type published under a key with their times, oldest first."""
    records = select(OUTBOX.c.told_at, OUTBOX.c.body).where(OUTBOX.c.type == kind.type)
    rows = session.execute(select_of_key(records, tenant, key))
    opened = ((at, read_envelope(body).open()) for at, body in rows)
    return [(at, message) for at, message in opened if isinstance(message, kind)]


def has_published(session: Session, key: UUID, kind: type[Message]) -> bool:
    """Return whether a message of this type was ever published under a key."""
    found = select(OUTBOX.c.id).where(OUTBOX.c.key == key, OUTBOX.c.type == kind.type)
    return session.scalar(found.limit(1)) is not None


def select_of_key(records: Select[Any], tenant: str, key: UUID) -> Select[Any]:
    """Restrict a statement to a key's records, oldest first."""
    of_key = records.where(OUTBOX.c.key == key, OUTBOX.c.tenant == tenant)
    return of_key.order_by(OUTBOX.c.position)
