"""Noticing that topics were made anew: offsets of the old ones mean nothing in the new ones.

A broker that was wiped fills up again. Once a partition is longer than it was, no offset shows
that its records are others: a reader that goes on where it was passes over all before it. The
broker gives every topic an id, and a topic that is made again has another.
"""

import asyncio
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from uuid import UUID, uuid4

import structlog
from sqlalchemy import func, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from shared.config.settings import Settings
from shared.errors import UnavailableError
from shared.exit import restart_process
from shared.messaging import pending_outbox
from shared.messaging.inbox import OffsetRow
from shared.messaging.pending_outbox import PublishedOffsetRow
from shared.messaging.publisher import Publisher
from shared.messaging.unit_of_work import TRANSIENT
from shared.persistence.bulk import upsert_rows
from shared.persistence.database import Base, Sessions

log = structlog.get_logger()

CHECK_INTERVAL = timedelta(seconds=60)
"""Between two looks while nothing goes wrong on the way to the broker."""

RETRY_INTERVAL = timedelta(seconds=1)
"""Between two looks while the broker or the database is out, or a topic is not there (yet)."""


class TopicRow(Base):
    """One topic that the offsets of this database are of."""

    __tablename__ = "topics"

    name: Mapped[str] = mapped_column(primary_key=True)
    id: Mapped[UUID]
    """As the broker gave it when the topic was made."""


@dataclass(slots=True)
class TopicWatch:
    """Starts a process again, from the beginnings, when its topics were made anew."""

    settings: Settings
    sessions: Sessions
    publisher: Publisher
    topics: Collection[str]
    """What the service reads and what it tells."""

    _wake: asyncio.Event = field(default_factory=asyncio.Event)
    _known: Mapping[str, UUID] = field(default_factory=dict)
    """As this process found them: another process may have taken note of others since."""

    def wake(self) -> None:
        """Look at once: the broker may have been wiped."""
        self._wake.set()

    async def run(self) -> None:
        """Look at the start, when something went wrong, and now and then, for ever."""
        while True:
            self._wake.clear()
            try:
                pause = CHECK_INTERVAL if await self._check_topics() else RETRY_INTERVAL
            except (UnavailableError, *TRANSIENT) as trouble:
                log.info("topics.unavailable", trouble=str(trouble))
                pause = RETRY_INTERVAL
            try:
                async with asyncio.timeout(pause.total_seconds()):
                    await self._wake.wait()
            except TimeoutError:
                continue

    async def _check_topics(self) -> bool:
        """Take note of the topics there are; tell whether all are there."""
        found = await asyncio.to_thread(topic_ids, self.settings, list(self.topics))
        async with self.publisher.writer_lock:  # no batch may write down how far it read in between
            replaced = await asyncio.to_thread(save_topic_ids, self.sessions, found, self._known)
            if replaced:
                restart_process(
                    f"{', '.join(replaced)}: made anew; they are read from the beginning"
                )
        self._known = {**self._known, **found}
        return found.keys() >= set(self.topics)


def topic_ids(settings: Settings, names: list[str]) -> dict[str, UUID]:
    """Return the ids of topics, from a thread."""
    # kafka-python costs a third of a second to import.
    from shared.kafka import admin  # noqa: PLC0415

    return admin.topic_ids(settings, names)


def save_topic_ids(
    sessions: Sessions, found: Mapping[str, UUID], before: Mapping[str, UUID]
) -> list[str]:
    """Remember the ids of topics; return those that were made anew.

    Their offsets begin anew with them, and what was told in their time is sent again.

    Args:
        sessions: the service's database.
        found: the ids, as the broker says now.
        before: as this process knew them. A process that notices later has written down
            how far it read the old ones meanwhile, and begins anew once more.
    """
    with sessions.begin() as session:
        known = {row.name: row.id for row in session.scalars(select(TopicRow))}
        replaced = sorted(
            name
            for name, id_ in found.items()
            if known.get(name, id_) != id_ or before.get(name, id_) != id_
        )
        if known != {**known, **found}:
            upsert_rows(session, TopicRow, ("name", "id"), sorted(found.items()))
        if replaced:
            reset_topics(session, replaced)
    return replaced


def reset_topics(session: Session, topics: Collection[str]) -> None:
    """Read these topics from their beginnings, and send again what was told on them."""
    of = partial(func.split_part, type_=OffsetRow.source.type)
    mine = of(OffsetRow.source, "/", 1).in_(topics)
    session.execute(update(OffsetRow).where(mine).values(reached=0))
    filled = session.scalars(
        select(PublishedOffsetRow.source).where(of(PublishedOffsetRow.source, "/", 1).in_(topics))
    )
    lost = set(filled)
    records = pending_outbox.requeue_lost(session, lost, datetime.now(UTC), uuid4())
    log.error("topics.replaced", topics=sorted(topics), records_requeued=records)
