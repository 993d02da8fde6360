"""Loss detection: the topics show data that a restored database does not have.

Two signs, each certain. A topic has a message of the service's own with a sequence that the
database has not reached. Or the consumer group has committed offsets of subscribed messages
that are neither in the inbox nor among the dead letters.
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
from shared.kafka.record_types import ConsumedRecord
from shared.kafka.topic_reader import TopicReader
from shared.messaging import inbox, pending_outbox
from shared.messaging.dead_letters import ever_dead_lettered
from shared.persistence.database import Sessions
from shared.recovery.recovery_store import last_published_sequences

T = TypeVar("T")


class OffsetRange(NamedTuple):
    """A part of one partition, from `start` up to, not including, `end`."""

    start: int
    end: int


OffsetRanges = Mapping[str, OffsetRange]
"""By topic and partition, `order/7`."""


class OwnMessage(NamedTuple):
    """A message of the service's own, as it is on a topic."""

    record: ConsumedRecord
    envelope: Envelope


class DetectedLoss(NamedTuple):
    """What a database has lost, as far as topics show it."""

    since: datetime
    """The time of the first lost message."""

    is_published: bool
    """Whether the service has published what its database lacks; else it has handled it."""


@dataclass(frozen=True, slots=True)
class ServiceTopics:
    """The topics and types that one service publishes and consumes."""

    service: str
    topics: tuple[str, ...]
    """Those that it consumes, causes before effects."""

    types: frozenset[str]
    """The message types that it has handlers for."""

    @property
    def own_topics(self) -> list[str]:
        """Return the topics that it publishes to."""
        own = {each.topic for each in public_contracts() if each.owner == self.service}
        return sorted(own)

    def own_messages(self, records: Iterable[ConsumedRecord]) -> list[OwnMessage]:
        """Return those records that the service itself has published, with their envelopes."""
        return [
            OwnMessage(each, envelope)
            for each in records
            if each.type.partition(".")[0] == self.service and (envelope := envelope_of(each))
        ]


def envelope_of(record: ConsumedRecord) -> Envelope | None:
    """Return a record's envelope; None if it is no message: no service published it."""
    try:
        return read_envelope(record.body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None


async def published_ranges_to_check(
    reader: TopicReader, service_topics: ServiceTopics, sessions: Sessions
) -> OffsetRanges:
    """Return the offsets of the service's own topics past those recorded in its database."""
    sources = await reader.partitions(service_topics.own_topics)
    ends, begins = await reader.end_offsets(sources), await reader.beginning_offsets(sources)
    highest = await asyncio.to_thread(query_database, sessions, pending_outbox.published_offsets)
    return non_empty_ranges(
        ends, {each: max(begins[each], highest.get(each, -1) + 1) for each in sources}
    )


async def consumed_ranges_to_check(
    reader: TopicReader, service_topics: ServiceTopics, sessions: Sessions
) -> OffsetRanges:
    """Return the offsets that the group has committed and the database has not reached."""
    sources = await reader.partitions(service_topics.topics)
    committed, begins = (
        await reader.committed_offsets(sources),
        await reader.beginning_offsets(sources),
    )
    reached = await asyncio.to_thread(query_database, sessions, inbox.next_offsets)
    # Offset 0 is that of a recreated topic: the group's offset is of the topic before it.
    passed = {each: offset for each, offset in committed.items() if reached.get(each) != 0}
    starts = {each: max(begins[each], reached.get(each, 0)) for each in sources}
    return non_empty_ranges(passed, starts)


def non_empty_ranges(ends: Mapping[str, int], starts: Mapping[str, int]) -> OffsetRanges:
    """Return the ranges that are not empty."""
    ranges = {each: OffsetRange(starts[each], end) for each, end in ends.items()}
    return {each: span for each, span in ranges.items() if span.start < span.end}


async def find_loss(
    reader: TopicReader, service_topics: ServiceTopics, sessions: Sessions
) -> DetectedLoss | None:
    """Return the loss that the topics show; None if they show none.

    Raises:
        UnavailableError: if the broker is out.
    """
    published = await published_ranges_to_check(reader, service_topics, sessions)
    async for records in reader.read_merged(*starts_and_ends(published)):
        own = service_topics.own_messages(records)
        if lost := await asyncio.to_thread(
            query_database, sessions, partial(unrecorded_messages, messages=own)
        ):
            return DetectedLoss(min(each.envelope.time for each in lost), is_published=True)
    handled = await consumed_ranges_to_check(reader, service_topics, sessions)
    async for records in reader.read_merged(*starts_and_ends(handled)):
        ours = [each for each in records if each.type in service_topics.types]
        if times := await asyncio.to_thread(
            query_database, sessions, partial(times_of_unhandled, records=ours)
        ):
            return DetectedLoss(min(times), is_published=False)
    return None


def query_database(sessions: Sessions, query: Callable[[Session], T]) -> T:
    """Run a query in a session of its own; call it in a thread, since it may take long."""
    with sessions.begin() as session:
        return query(session)


def starts_and_ends(ranges: OffsetRanges) -> tuple[dict[str, int], dict[str, int]]:
    """Return the first offset of each range, and the one after its last."""
    starts = {source: span.start for source, span in ranges.items()}
    return starts, {source: span.end for source, span in ranges.items()}


def unrecorded_messages(session: Session, messages: Sequence[OwnMessage]) -> list[OwnMessage]:
    """Return those published messages that the database has not recorded as published."""
    if not messages:
        return []
    last = last_published_sequences(session, {each.envelope.subject for each in messages})
    return [
        each for each in messages if each.envelope.sequence > last.get(each.envelope.subject, 0)
    ]


def times_of_unhandled(session: Session, records: Collection[ConsumedRecord]) -> list[datetime]:
    """Return the times of those messages that were neither handled nor parked."""
    times = {each.id: each.time for record in records if (each := envelope_of(record))}
    if not times:
        return []
    unhandled = times.keys() - inbox.handled_among(session, times.keys())
    parked = ever_dead_lettered(session, unhandled) if unhandled else set()
    return [times[each] for each in unhandled if str(each) not in parked]
