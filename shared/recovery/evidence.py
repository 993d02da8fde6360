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

from shared.contracts import Envelope, read_envelope, registered
from shared.kafka.records import Record
from shared.kafka.topic_reader import TopicReader
from shared.messaging import inbox, pending_outbox
from shared.messaging.dead_letters import parked_among
from shared.persistence.database import Sessions
from shared.recovery.rows import told_under

T = TypeVar("T")


class Span(NamedTuple):
    """A part of one partition, from an offset up to another."""

    start: int
    end: int


Spans = Mapping[str, Span]
"""By topic and partition, `order/7`."""


class Own(NamedTuple):
    """A message of the service's own, as it lies on a topic."""

    record: Record
    envelope: Envelope


class Loss(NamedTuple):
    """What a database has lost, as far as topics show it."""

    since: datetime
    """When the first of it happened."""

    is_told: bool
    """Whether the service has told what its database does not know; else it has handled it."""


@dataclass(frozen=True, slots=True)
class Interest:
    """What one service tells and reads."""

    service: str
    topics: tuple[str, ...]
    """Those that it reads, causes before effects."""

    types: frozenset[str]
    """What it has handlers for."""

    @property
    def own_topics(self) -> list[str]:
        """Return the topics that hold what it tells."""
        own = {each.topic for each in registered() if each.owner == self.service}
        return sorted(own)

    def own(self, records: Iterable[Record]) -> list[Own]:
        """Return those records that the service itself has told, opened."""
        return [
            Own(each, envelope)
            for each in records
            if each.type.partition(".")[0] == self.service and (envelope := opened(each))
        ]


def opened(record: Record) -> Envelope | None:
    """Return a record's envelope; None for what is no message, which nobody here has told."""
    try:
        return read_envelope(record.body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None


async def told_since(reader: TopicReader, interest: Interest, sessions: Sessions) -> Spans:
    """Return what lies on the service's own topics behind what its database knows to be there."""
    sources = await reader.sources(interest.own_topics)
    ends, begins = await reader.ends(sources), await reader.beginnings(sources)
    highest = await asyncio.to_thread(ask, sessions, pending_outbox.filled)
    return spans(ends, {each: max(begins[each], highest.get(each, -1) + 1) for each in sources})


async def handled_since(reader: TopicReader, interest: Interest, sessions: Sessions) -> Spans:
    """Return what the consumer group has passed and the database has not reached."""
    sources = await reader.sources(interest.topics)
    committed, begins = await reader.committed(sources), await reader.beginnings(sources)
    reached = await asyncio.to_thread(ask, sessions, inbox.reached)
    # A place of 0 is that of a topic that was made anew: the group's is of the one before it.
    passed = {each: place for each, place in committed.items() if reached.get(each) != 0}
    starts = {each: max(begins[each], reached.get(each, 0)) for each in sources}
    return spans(passed, starts)


def spans(ends: Mapping[str, int], starts: Mapping[str, int]) -> Spans:
    """Return the parts that are not empty."""
    both = {each: Span(starts[each], end) for each, end in ends.items()}
    return {each: span for each, span in both.items() if span.start < span.end}


async def find_loss(reader: TopicReader, interest: Interest, sessions: Sessions) -> Loss | None:
    """Return what the topics show that the database has lost; None if they show nothing.

    Raises:
        UnavailableError: if the broker is out.
    """
    told = await told_since(reader, interest, sessions)
    async for records in reader.merged(*bounds(told)):
        own = interest.own(records)
        if lost := await asyncio.to_thread(ask, sessions, partial(unknown, told=own)):
            return Loss(min(each.envelope.time for each in lost), is_told=True)
    handled = await handled_since(reader, interest, sessions)
    async for records in reader.merged(*bounds(handled)):
        ours = [each for each in records if each.type in interest.types]
        if times := await asyncio.to_thread(ask, sessions, partial(missed, records=ours)):
            return Loss(min(times), is_told=False)
    return None


def ask(sessions: Sessions, question: Callable[[Session], T]) -> T:
    """Ask the database something; in a thread, since it may take long."""
    with sessions() as session:
        return question(session)


def bounds(several: Spans) -> tuple[dict[str, int], dict[str, int]]:
    """Return the first offset of each part, and the one behind its last."""
    starts = {source: span.start for source, span in several.items()}
    return starts, {source: span.end for source, span in several.items()}


def unknown(session: Session, told: Sequence[Own]) -> list[Own]:
    """Return those messages that the database does not know to have been told."""
    if not told:
        return []
    known = told_under(session, {each.envelope.subject for each in told})
    return [each for each in told if each.envelope.sequence > known.get(each.envelope.subject, 0)]


def missed(session: Session, records: Collection[Record]) -> list[datetime]:
    """Return when those of these records were told that were neither handled nor parked."""
    told = {each.id: each.time for record in records if (each := opened(record))}
    if not told:
        return []
    left = told.keys() - inbox.known(session, told.keys())
    parked = parked_among(session, left) if left else set()
    return [told[each] for each in left if str(each) not in parked]
