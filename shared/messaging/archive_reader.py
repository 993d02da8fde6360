"""Reading back what a service itself has told, from its archive."""

from datetime import datetime
from typing import Any, NamedTuple, TypeVar
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from shared.contracts import Message, read_envelope
from shared.messaging.outbox import OUTBOX

M = TypeVar("M", bound=Message)


class Telling(NamedTuple):
    """That a message was told; not what is in it."""

    at: datetime
    type: str
    sequence: int


def tellings(session: Session, tenant: str, key: UUID) -> list[Telling]:
    """Return when what was told under a key, oldest first."""
    found = select(OUTBOX.c.told_at, OUTBOX.c.type, OUTBOX.c.sequence)
    rows = session.execute(under(found, tenant, key))
    return [Telling(*row) for row in rows]


def told(session: Session, tenant: str, key: UUID, kind: type[M]) -> list[tuple[datetime, M]]:
    """Return the messages of one kind that were told under a key, oldest first, and when."""
    letters = select(OUTBOX.c.told_at, OUTBOX.c.body).where(OUTBOX.c.type == kind.type)
    rows = session.execute(under(letters, tenant, key))
    opened = ((at, read_envelope(body).open()) for at, body in rows)
    return [(at, message) for at, message in opened if isinstance(message, kind)]


def has_told(session: Session, key: UUID, kind: type[Message]) -> bool:
    """Tell whether a message of this kind was ever told under a key."""
    found = select(OUTBOX.c.id).where(OUTBOX.c.key == key, OUTBOX.c.type == kind.type)
    return session.scalar(found.limit(1)) is not None


def under(letters: Select[Any], tenant: str, key: UUID) -> Select[Any]:
    """Return those letters that were told under a key, oldest first."""
    mine = letters.where(OUTBOX.c.key == key, OUTBOX.c.tenant == tenant)
    return mine.order_by(OUTBOX.c.position)
