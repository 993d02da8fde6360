"""What lies on the topics, read from their beginnings."""

from collections.abc import Iterable, Iterator
from contextlib import closing
from typing import NamedTuple
from uuid import UUID

from kafka import KafkaConsumer, TopicPartition

from shared.admin import PARTITIONS, topics
from shared.contracts import name_of, read_envelope


class Place(NamedTuple):
    """Whose letters about what, on which topic: their order must hold."""

    topic: str
    owner: str
    key: UUID


class Sighting(NamedTuple):
    """One letter on a topic."""

    place: Place
    id: UUID
    sequence: int


def sightings(bootstrap: str) -> Iterator[Sighting]:
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
                        owner = name_of(envelope.type).partition(".")[0]
                        place = Place(partition.topic, owner, envelope.subject)
                        yield Sighting(place, envelope.id, envelope.sequence)


def disorder(seen: Iterable[Sighting]) -> list[str]:
    """Return where letters lie in another order than they were told, copies left out."""
    found: list[str] = []
    known: set[UUID] = set()
    last: dict[Place, int] = {}
    for place, id_, sequence in seen:
        if id_ in known:
            continue
        known.add(id_)
        if sequence <= last.get(place, 0):
            found.append(f"{place} has {sequence} after {last[place]}")
        last[place] = sequence
    return found
