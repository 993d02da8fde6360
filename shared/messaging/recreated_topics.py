"""Detects recreated topics: offsets of the old topic mean nothing in the new one.

A wiped broker fills up again. Once a partition is longer than before, no offset shows that its
records are others: a reader that continues at its old offset skips all records before it. The
broker gives every topic an id, and a recreated topic has another id.
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
from shared.exit import exit_for_restart
from shared.messaging import pending_outbox
from shared.messaging.inbox import OffsetRow
from shared.messaging.pending_outbox import PublishedOffsetRow
from shared.messaging.unit_of_work import TRANSIENT
from shared.messaging.writer import Writer
from shared.pacing import wait_for_event
from shared.persistence.bulk import upsert_rows
from shared.persistence.database import Base, Sessions

log = structlog.get_logger()

CHECK_INTERVAL = timedelta(seconds=60)
"""Between two checks while there are no broker errors."""

RETRY_INTERVAL = timedelta(seconds=1)
"""Between two checks while the broker or the database is out, or a topic does not exist."""


class TopicRow(Base):
    """One topic that the offsets in this database refer to."""

    __tablename__ = "topics"

    name: Mapped[str] = mapped_column(primary_key=True)
    id: Mapped[UUID]
    """Given by the broker when the topic was created."""


@dataclass(slots=True)
class RecreatedTopicWatch:
    """Restarts a process, to read from the beginning, when its topics were recreated."""

    settings: Settings
    sessions: Sessions
    writer: Writer
    topics: Collection[str]
    """The topics that the service consumes and publishes to."""

    _wake: asyncio.Event = field(default_factory=asyncio.Event)
    _known_ids: Mapping[str, UUID] = field(default_factory=dict)
    """The ids that this process found: another process may have saved other ids since."""

    def wake(self) -> None:
        """Check at once: the broker may have been wiped."""
        self._wake.set()

    async def run(self) -> None:
        """Look for recreated topics at the start, after errors, and periodically, without end.

        The process is restarted if there are any.
        """
        while True:
            self._wake.clear()
            try:
                pause = CHECK_INTERVAL if await self._restart_if_recreated() else RETRY_INTERVAL
            except (UnavailableError, *TRANSIENT) as error:
                log.info("topics.unavailable", reason=str(error))
                pause = RETRY_INTERVAL
            await wait_for_event(self._wake, pause)

    async def _restart_if_recreated(self) -> bool:
        """Save the topics' ids; restart if one was recreated; return whether all topics exist."""
        found = await asyncio.to_thread(topic_ids, self.settings, list(self.topics))
        async with self.writer.lock:  # no batch may save offsets in between
            replaced = await asyncio.to_thread(
                save_ids_and_reset_recreated, self.sessions, found, self._known_ids
            )
            if replaced:
                exit_for_restart(
                    f"{', '.join(replaced)}: recreated; they are read from the beginning"
                )
        self._known_ids = {**self._known_ids, **found}
        return found.keys() >= set(self.topics)


def topic_ids(settings: Settings, names: list[str]) -> dict[str, UUID]:
    """Return the ids of topics, from a thread."""
    # kafka-python costs a third of a second to import.
    from shared.kafka import admin  # noqa: PLC0415

    return admin.topic_ids(settings, names)


def save_ids_and_reset_recreated(
    sessions: Sessions, found: Mapping[str, UUID], known_before: Mapping[str, UUID]
) -> list[str]:
    """Save the ids of topics; return the topics that were recreated.

    Their offsets are reset, and what was published to the old topics is published again.

    Args:
        sessions: the service's database.
        found: the ids at the broker now.
        known_before: the ids that this process knew. A process that detects the change later may
            have saved offsets of the old topics meanwhile, so it resets them once more.
    """
    with sessions.begin() as session:
        saved = {row.name: row.id for row in session.scalars(select(TopicRow))}
        replaced = sorted(
            name
            for name, id_ in found.items()
            if saved.get(name, id_) != id_ or known_before.get(name, id_) != id_
        )
        if saved != {**saved, **found}:
            upsert_rows(session, TopicRow, ("name", "id"), sorted(found.items()))
        if replaced:
            reset_offsets_and_requeue(session, replaced)
    return replaced


def reset_offsets_and_requeue(session: Session, topics: Collection[str]) -> None:
    """Have these topics consumed from the beginning, and their records published again."""
    split = partial(func.split_part, type_=OffsetRow.source.type)
    is_of_topics = split(OffsetRow.source, "/", 1).in_(topics)
    session.execute(update(OffsetRow).where(is_of_topics).values(reached=0))
    published = select(PublishedOffsetRow.source).where(
        split(PublishedOffsetRow.source, "/", 1).in_(topics)
    )
    lost = set(session.scalars(published))
    records = pending_outbox.requeue_retained_records(session, lost, datetime.now(UTC), uuid4())
    log.error("topics.replaced", topics=sorted(topics), records_requeued=records)
