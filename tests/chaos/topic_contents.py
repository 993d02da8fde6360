"""The contents of the topics, read from their beginnings."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from hashlib import sha256
from typing import NamedTuple
from uuid import UUID

from kafka import KafkaConsumer, TopicPartition

from shared.contracts import Envelope, encode, message_name, read_envelope
from shared.contracts.personal import with_personal_data_blanked
from shared.kafka.admin import PARTITIONS, topics


class OrderingKey(NamedTuple):
    """The topic, publisher and key within which records keep their order."""

    topic: str
    owner: str
    key: UUID


class TopicRecord(NamedTuple):
    """One record on a topic."""

    place: OrderingKey
    id: UUID
    sequence: int
    content: str
    """A digest of its content."""


def read_topics(bootstrap: str) -> Iterator[TopicRecord]:
    """Yield all records of all topics, partition by partition, by offset."""
    with closing(KafkaConsumer(bootstrap_servers=bootstrap)) as consumer:
        partitions = [
            TopicPartition(topic, part) for topic in topics() for part in range(PARTITIONS)
        ]
        ends = consumer.end_offsets(partitions)
        for partition in (each for each in partitions if ends[each]):
            consumer.assign([partition])
            consumer.seek_to_beginning(partition)
            while consumer.position(partition) < ends[partition]:
                for records in consumer.poll(timeout_ms=500).values():
                    for record in records:
                        envelope = read_envelope(record.value)
                        owner = message_name(envelope.type).partition(".")[0]
                        place = OrderingKey(partition.topic, owner, envelope.subject)
                        content = digest(envelope)
                        yield TopicRecord(place, envelope.id, envelope.sequence, content)


def digest(envelope: Envelope) -> str:
    """Return a digest of the type and the data of a record, personal fields blanked.

    An erasure blanks these in records that are published again later: they count as copies.
    """
    message = envelope.open()
    data = encode(with_personal_data_blanked(message)) if message else bytes(envelope.data)
    return sha256(envelope.type.encode() + b"\0" + data).hexdigest()


def without_early_records(records: Sequence[TopicRecord]) -> Iterator[TopicRecord]:
    """Yield records without those that all records of their key up to them follow, in order."""
    for own in records_by_place(records).values():
        sequences = [each.sequence for each in own]
        for index, each in enumerate(own):
            again = sequences[index + 1 :]
            expected = range(1, each.sequence + 1)
            follow = [again.index(number) for number in expected if number in again]
            if len(follow) < len(expected) or follow != sorted(follow):
                yield each


def records_by_place(records: Iterable[TopicRecord]) -> dict[OrderingKey, list[TopicRecord]]:
    """Return records by the topic, publisher and key within which they keep their order."""
    found: dict[OrderingKey, list[TopicRecord]] = {}
    for each in records:
        found.setdefault(each.place, []).append(each)
    return found


def out_of_order(records: Iterable[TopicRecord], *, is_broker_wiped: bool = False) -> list[str]:
    """Return records that are out of order, and copies whose content differs.

    A record may occur several times: the first counts for the order, and each further one must
    have the same content.

    Args:
        records: all records.
        is_broker_wiped: the broker has lost its data. A record that was under way then may come
            before those that are published again, and comes again with them.
    """
    records = list(records)
    if is_broker_wiped:
        records = list(without_early_records(records))
    found: list[str] = []
    contents: dict[UUID, str] = {}
    last: dict[OrderingKey, int] = {}
    for place, id_, sequence, content in records:
        if id_ in contents:
            if content != contents[id_]:
                found.append(f"{place} has a second record {id_} with other content")
            continue
        contents[id_] = content
        if sequence <= last.get(place, 0):
            found.append(f"{place} has {sequence} after {last[place]}")
        last[place] = sequence
    return found
