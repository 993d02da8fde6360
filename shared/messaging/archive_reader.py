"""Reads the messages that a service has published, from its outbox, which keeps them."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any, NamedTuple, TypeVar
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from shared.contracts import Message, read_envelope
from shared.messaging.outbox import OUTBOX

M = TypeVar("M", bound=Message)

SLICE = timedelta(hours=1)
"""What one statement reads, so that none takes long; the outbox is ordered by time."""


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
    return list(opened_messages(session.execute(select_of_key(records, tenant, key)), kind))


def read_published_between(
    session: Session, tenant: str, kind: type[M], since: datetime, until: datetime
) -> Iterator[tuple[datetime, M]]:
    """Yield the messages of one type published within a time, with their times, oldest first.

    All that was published then is read: it is for what is asked seldom.
    """
    records = select(OUTBOX.c.told_at, OUTBOX.c.body).order_by(OUTBOX.c.told_at, OUTBOX.c.position)
    of_kind = records.where(OUTBOX.c.type == kind.type, OUTBOX.c.tenant == tenant)
    while since < until:
        end = min(since + SLICE, until)
        rows = session.execute(of_kind.where(OUTBOX.c.told_at >= since, OUTBOX.c.told_at < end))
        yield from opened_messages(rows, kind)
        since = end


def has_published(session: Session, key: UUID, kind: type[Message]) -> bool:
    """Return whether a message of this type was ever published under a key."""
    found = select(OUTBOX.c.id).where(OUTBOX.c.key == key, OUTBOX.c.type == kind.type)
    return session.scalar(found.limit(1)) is not None


def select_of_key(records: Select[Any], tenant: str, key: UUID) -> Select[Any]:
    """Restrict a statement to a key's records, oldest first."""
    of_key = records.where(OUTBOX.c.key == key, OUTBOX.c.tenant == tenant)
    return of_key.order_by(OUTBOX.c.position)


def opened_messages(rows: Iterable[Any], kind: type[M]) -> Iterator[tuple[datetime, M]]:
    """Yield the messages in these rows of time and body, with their times."""
    for at, body in rows:
        message = read_envelope(body).open()
        if isinstance(message, kind):
            yield at, message
