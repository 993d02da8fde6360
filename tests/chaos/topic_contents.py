"""The contents of the topics, read from their beginnings."""

from collections.abc import Iterable, Iterator
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


def out_of_order(records: Iterable[TopicRecord]) -> list[str]:
    """Return records that are out of order, and copies that differ.

    A record may occur several times: the first counts for the order.
    """
    records = list(records)
    return [*differing_copies(records), *late_records(records, is_broker_wiped=False)]


def out_of_order_after_wipe(records: Iterable[TopicRecord]) -> list[str]:
    """Return the same for the topics of a broker that has lost its data under orders.

    A record that was under way then may come before earlier ones of its key, which are published
    again; it has to come again after them.
    """
    records = list(records)
    return [*differing_copies(records), *late_records(records, is_broker_wiped=True)]


def differing_copies(records: Iterable[TopicRecord]) -> Iterator[str]:
    """Yield records of one id with other content, and records of another id with one sequence."""
    contents: dict[UUID, str] = {}
    ids: dict[tuple[OrderingKey, int], UUID] = {}
    for place, id_, sequence, content in records:
        if contents.setdefault(id_, content) != content:
            yield f"{place} has a second record {id_} with other content"
        if ids.setdefault((place, sequence), id_) != id_:
            yield f"{place} has a second record {sequence}"


def late_records(records: Iterable[TopicRecord], *, is_broker_wiped: bool) -> Iterator[str]:
    """Yield the records that first come after a later one of their place."""
    places: dict[OrderingKey, list[int]] = {}
    for each in records:
        places.setdefault(each.place, []).append(each.sequence)
    for place, sequences in places.items():
        first = {number: sequences.index(number) for number in sequences}
        for number, index in first.items():
            before = [
                other
                for other in first
                if other > number
                and first[other] < index
                and not (is_broker_wiped and other in sequences[index:])
            ]
            if before:
                yield f"{place} has {number} after {', '.join(map(str, before))}"
