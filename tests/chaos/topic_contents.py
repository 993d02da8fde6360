"""What lies on the topics, read from their beginnings."""

from collections.abc import Iterable, Iterator
from contextlib import closing
from hashlib import sha256
from typing import NamedTuple
from uuid import UUID

from kafka import KafkaConsumer, TopicPartition

from shared.contracts import Envelope, encode, message_name, read_envelope
from shared.contracts.personal import blank_personal_data
from shared.kafka.admin import PARTITIONS, topics


class OrderingKey(NamedTuple):
    """Whose letters about what, on which topic: their order must hold."""

    topic: str
    owner: str
    key: UUID


class TopicRecord(NamedTuple):
    """One letter on a topic."""

    place: OrderingKey
    id: UUID
    sequence: int
    content: str
    """What it tells, as a digest."""


def read_topics(bootstrap: str) -> Iterator[TopicRecord]:
    """Yield all letters of all topics, partition by partition, as they lie there."""
    with closing(KafkaConsumer(bootstrap_servers=bootstrap)) as consumer:
        wanted = [TopicPartition(topic, part) for topic in topics() for part in range(PARTITIONS)]
        ends = consumer.end_offsets(wanted)
        for partition in (each for each in wanted if ends[each]):
            consumer.assign([partition])
            consumer.seek_to_beginning(partition)
            while consumer.position(partition) < ends[partition]:
                for records in consumer.poll(timeout_ms=500).values():
                    for record in records:
                        envelope = read_envelope(record.value)
                        owner = message_name(envelope.type).partition(".")[0]
                        place = OrderingKey(partition.topic, owner, envelope.subject)
                        told = digest(envelope)
                        yield TopicRecord(place, envelope.id, envelope.sequence, told)


def digest(envelope: Envelope) -> str:
    """Return a digest of the type and the data of a letter, personal fields blanked.

    An erasure blanks these in letters that are sent again later: they are copies all the same.
    """
    message = envelope.open()
    data = encode(blank_personal_data(message)) if message else bytes(envelope.data)
    return sha256(envelope.type.encode() + b"\0" + data).hexdigest()


def out_of_order(seen: Iterable[TopicRecord]) -> list[str]:
    """Return where letters lie in another order than they were told, and what is told otherwise.

    A letter may lie there several times: the first counts for the order, and each further one
    must tell the same.
    """
    found: list[str] = []
    known: dict[UUID, str] = {}
    last: dict[OrderingKey, int] = {}
    for place, id_, sequence, content in seen:
        if id_ in known:
            if content != known[id_]:
                found.append(f"{place} has a second letter {id_} that tells something else")
            continue
        known[id_] = content
        if sequence <= last.get(place, 0):
            found.append(f"{place} has {sequence} after {last[place]}")
        last[place] = sequence
    return found
