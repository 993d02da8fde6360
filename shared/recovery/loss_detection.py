"""Finding out that a database was set back: the topics know more than it does.

Two signs, each certain. A message of the service's own lies on a topic with a sequence that
the database has not reached. Or the consumer group was told by this service that messages
were handled which the inbox does not know.
"""

import asyncio
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import NamedTuple, TypeVar

import msgspec
from sqlalchemy.orm import Session

from shared.contracts import Envelope, public_contracts, read_envelope
from shared.kafka.records import ConsumedRecord
from shared.kafka.topic_reader import TopicReader
from shared.messaging import inbox, pending_outbox
from shared.messaging.dead_letters import ever_dead_lettered
from shared.persistence.database import Sessions
from shared.recovery.recovery_store import published_sequences

T = TypeVar("T")


class OffsetRange(NamedTuple):
    """A part of one partition, from an offset up to another."""

    start: int
    end: int


OffsetRanges = Mapping[str, OffsetRange]
"""By topic and partition, `order/7`."""


class OwnMessage(NamedTuple):
    """A message of the service's own, as it lies on a topic."""

    record: ConsumedRecord
    envelope: Envelope


class Loss(NamedTuple):
    """What a database has lost, as far as topics show it."""

    since: datetime
    """When the first of it happened."""

    is_told: bool
    """Whether the service has told what its database does not know; else it has handled it."""


@dataclass(frozen=True, slots=True)
class ServiceTopics:
    """What one service tells and reads."""

    service: str
    topics: tuple[str, ...]
    """Those that it reads, causes before effects."""

    types: frozenset[str]
    """What it has handlers for."""

    @property
    def own_topics(self) -> list[str]:
        """Return the topics that hold what it tells."""
        own = {each.topic for each in public_contracts() if each.owner == self.service}
        return sorted(own)

    def own_messages(self, records: Iterable[ConsumedRecord]) -> list[OwnMessage]:
        """Return those records that the service itself has told, opened."""
        return [
            OwnMessage(each, envelope)
            for each in records
            if each.type.partition(".")[0] == self.service and (envelope := envelope_of(each))
        ]


def envelope_of(record: ConsumedRecord) -> Envelope | None:
    """Return a record's envelope; None for what is no message, which nobody here has told."""
    try:
        return read_envelope(record.body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None


async def published_beyond_database(
    reader: TopicReader, service_topics: ServiceTopics, sessions: Sessions
) -> OffsetRanges:
    """Return what lies on the service's own topics behind what its database knows to be there."""
    sources = await reader.partitions(service_topics.own_topics)
    ends, begins = await reader.end_offsets(sources), await reader.beginning_offsets(sources)
    highest = await asyncio.to_thread(query_database, sessions, pending_outbox.published_offsets)
    return non_empty_ranges(
        ends, {each: max(begins[each], highest.get(each, -1) + 1) for each in sources}
    )


async def consumed_beyond_database(
    reader: TopicReader, service_topics: ServiceTopics, sessions: Sessions
) -> OffsetRanges:
    """Return what the consumer group has passed and the database has not reached."""
    sources = await reader.partitions(service_topics.topics)
    committed, begins = (
        await reader.committed_offsets(sources),
        await reader.beginning_offsets(sources),
    )
    reached = await asyncio.to_thread(query_database, sessions, inbox.next_offsets)
    # A place of 0 is that of a topic that was made anew: the group's is of the one before it.
    passed = {each: place for each, place in committed.items() if reached.get(each) != 0}
    starts = {each: max(begins[each], reached.get(each, 0)) for each in sources}
    return non_empty_ranges(passed, starts)


def non_empty_ranges(ends: Mapping[str, int], starts: Mapping[str, int]) -> OffsetRanges:
    """Return the parts that are not empty."""
    both = {each: OffsetRange(starts[each], end) for each, end in ends.items()}
    return {each: span for each, span in both.items() if span.start < span.end}


async def find_loss(
    reader: TopicReader, service_topics: ServiceTopics, sessions: Sessions
) -> Loss | None:
    """Return what the topics show that the database has lost; None if they show nothing.

    Raises:
        UnavailableError: if the broker is out.
    """
    told = await published_beyond_database(reader, service_topics, sessions)
    async for records in reader.read_merged(*starts_and_ends(told)):
        own = service_topics.own_messages(records)
        if lost := await asyncio.to_thread(
            query_database, sessions, partial(unrecorded_messages, told=own)
        ):
            return Loss(min(each.envelope.time for each in lost), is_told=True)
    handled = await consumed_beyond_database(reader, service_topics, sessions)
    async for records in reader.read_merged(*starts_and_ends(handled)):
        ours = [each for each in records if each.type in service_topics.types]
        if times := await asyncio.to_thread(
            query_database, sessions, partial(times_of_unhandled, records=ours)
        ):
            return Loss(min(times), is_told=False)
    return None


def query_database(sessions: Sessions, question: Callable[[Session], T]) -> T:
    """Ask the database something; in a thread, since it may take long."""
    with sessions() as session:
        return question(session)


def starts_and_ends(several: OffsetRanges) -> tuple[dict[str, int], dict[str, int]]:
    """Return the first offset of each part, and the one behind its last."""
    starts = {source: span.start for source, span in several.items()}
    return starts, {source: span.end for source, span in several.items()}


def unrecorded_messages(session: Session, told: Sequence[OwnMessage]) -> list[OwnMessage]:
    """Return those messages that the database does not know to have been told."""
    if not told:
        return []
    known = published_sequences(session, {each.envelope.subject for each in told})
    return [each for each in told if each.envelope.sequence > known.get(each.envelope.subject, 0)]


def times_of_unhandled(session: Session, records: Collection[ConsumedRecord]) -> list[datetime]:
    """Return when those of these records were told that were neither handled nor parked."""
    told = {each.id: each.time for record in records if (each := envelope_of(record))}
    if not told:
        return []
    left = told.keys() - inbox.handled_among(session, told.keys())
    parked = ever_dead_lettered(session, left) if left else set()
    return [told[each] for each in left if str(each) not in parked]
