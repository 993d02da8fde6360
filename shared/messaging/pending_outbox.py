"""What is not known to be with the broker, and how far the broker was filled.

Letters are named in `unsent` by the transaction that tells them (outbox.py), and
struck out here once the broker has confirmed them.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import BigInteger, bindparam, delete, func, select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from shared.config.kafka import RETENTION
from shared.kafka.records import OutboxRecord
from shared.messaging.outbox import COLUMNS, KEYS, OUTBOX, SEQUENCES, TELLER, UNSENT
from shared.persistence.bulk import bind, table_of, unnest
from shared.persistence.database import WITHOUT_LIMITS, Base, Instant, Sessions
from shared.persistence.database_certainty import Recheck, recheck_nothing
from shared.persistence.statements import Prepared

T = TypeVar("T")


class SentRow(Base):
    """How far one partition was written by this service: what the broker must not forget."""

    __tablename__ = "sent"

    source: Mapped[str] = mapped_column(primary_key=True)
    """Topic and partition, `order/7`."""

    highest: Mapped[int] = mapped_column(BigInteger)
    """The highest offset that the broker has given to a letter of ours."""


LETTERS = (
    select(*COLUMNS)
    .join_from(
        OUTBOX,
        UNSENT,
        (OUTBOX.c.position == UNSENT.c.position) & (OUTBOX.c.told_at == UNSENT.c.told_at),
    )
    .order_by(UNSENT.c.position)
)
OLDEST_LETTERS = Prepared(LETTERS.limit(bindparam("limit")))
LETTERS_UNDER = Prepared(LETTERS.where(UNSENT.c.key == func.any(KEYS)))
SENT = unnest([UNSENT.c.key, UNSENT.c.id])
SENT_ONES = tuple_(UNSENT.c.key, UNSENT.c.id) == tuple_(SENT.c.key, SENT.c.id)
FILL = table_of(SentRow)
NEWS = unnest([FILL.c.source, FILL.c.highest])
NEW_FILL = insert(FILL).from_select(["source", "highest"], select(NEWS).order_by(NEWS.c.source))
FILLED = NEW_FILL.on_conflict_do_update(
    index_elements=["source"],
    set_={"highest": func.greatest(FILL.c.highest, NEW_FILL.excluded.highest)},
)
FILL_UP = Prepared(FILLED)
MARK = Prepared(delete(UNSENT).where(SENT_ONES).add_cte(FILLED.cte("filled")))
OLDEST = Prepared(select(func.min(UNSENT.c.told_at)))
SINCE = bindparam("since", type_=Instant)
RECENT = select(OUTBOX.c.key, OUTBOX.c.id, OUTBOX.c.position, OUTBOX.c.told_at, TELLER).where(
    OUTBOX.c.told_at >= SINCE
)
AGAIN = Prepared(
    insert(UNSENT)
    .from_select(["key", "id", "position", "told_at", "teller"], RECENT)
    .on_conflict_do_nothing()
)


def oldest_letters(session: Session, limit: int) -> list[OutboxRecord]:
    """Return the oldest letters that nobody has marked as sent.

    Always from the beginning: the order of positions is not that of commits, except
    within a key. And however young: clocks differ, so a time would cut the letters
    of a key apart.
    """
    return [OutboxRecord(*row) for row in OLDEST_LETTERS.rows(session, {"limit": limit})]


def letters_under(session: Session, keys: Collection[UUID]) -> list[OutboxRecord]:
    """Return all letters under these keys that nobody has marked as sent, in their order."""
    return [OutboxRecord(*row) for row in LETTERS_UNDER.rows(session, {"new_key": list(keys)})]


def mark(
    session: Session,
    letters: Sequence[OutboxRecord],
    places: Mapping[str, int],
    recheck: Recheck = recheck_nothing,
) -> None:
    """Remember that these letters are with the broker, and how far that fills its partitions.

    Raises:
        UnprovenError: by `recheck`, if the database was lost meanwhile.
    """
    sent = bind(("key", "id"), [(letter.key, letter.id) for letter in letters])
    MARK.run(session, sent | bind(("source", "highest"), list(places.items())))
    recheck()


def fill(session: Session, places: Mapping[str, int]) -> None:
    """Remember how far partitions are known to be filled, without any letter being marked."""
    if places:
        FILL_UP.run(session, bind(("source", "highest"), list(places.items())))


def filled(session: Session) -> dict[str, int]:
    """Return the highest offset that was given to us, by topic and partition."""
    return {row.source: row.highest for row in session.scalars(select(SentRow))}


def take_back(session: Session, key: UUID) -> bool:
    """Make untold all that was told under a key, unless some of it may have left; tell whether.

    It is for a database that is not proven yet: nothing leaves before it is.
    """
    waits = set(session.scalars(select(UNSENT.c.id).where(UNSENT.c.key == key)))
    told = set(session.scalars(select(OUTBOX.c.id).where(OUTBOX.c.key == key)))
    if told - waits:
        return False
    for table in (UNSENT, OUTBOX, SEQUENCES):
        session.execute(delete(table).where(table.c.key == key))
    return True


def oldest(session: Session) -> datetime | None:
    """Return when the oldest unsent letter was told, if there is one."""
    found: datetime | None = OLDEST.value(session)
    return found


def send_again(session: Session, lost: Collection[str], now: datetime, teller: UUID) -> int:
    """Take all that the broker may still have held for unsent again; return how many letters.

    For a broker that has lost partitions. Readers drop what they know already.
    """
    session.execute(WITHOUT_LIMITS)
    session.execute(delete(SentRow).where(SentRow.source.in_(lost)))
    return AGAIN.run(session, {"since": now - RETENTION, "teller": teller})


def ask(sessions: Sessions, question: Callable[..., T], *about: Any) -> T:  # noqa: ANN401
    """Do something small in a transaction of its own."""
    with sessions.begin() as session:
        return question(session, *about)
