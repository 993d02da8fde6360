"""Kafka administration: topics and their offsets. No other module imports kafka-python.

Run as `python -m shared.kafka.admin` to create the missing topics.
"""

import sys
from collections.abc import Collection, Mapping, Sequence
from contextlib import closing, suppress
from datetime import timedelta
from typing import Any
from uuid import UUID

from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import OffsetSpec
from kafka.errors import (
    KafkaError,
    TopicAlreadyExistsError,
)

from shared.config.kafka import RETENTION, KafkaSettings
from shared.config.settings import Settings
from shared.contracts import public_contracts
from shared.errors import StartError, UnavailableError
from shared.exit import refuse_to_start

PARTITIONS = 12
"""Fixed for a topic's life, so that a key stays in its partition."""


CLUSTER_DEFAULT = -1

OWNER_TOPIC = "kaitong.installation"
"""The topic whose first record names the installation that the topics belong to."""

OWNER_TIMEOUT_S = 10
"""Seconds in which the broker has to store or return a claim."""

SHORT_TIMEOUTS = {"bootstrap_timeout_ms": 16_000, "request_timeout_ms": 8_000}
"""For queries that API requests may wait for; the client's own time-outs are 30 s. It tries
addresses at random, so it reaches another where one hangs. As in topic_reader.py, a broker that
is only slow must not count as out."""

DEFAULT_TIMEOUTS: Mapping[str, int] = {}
"""The client's own time-outs."""


def topics() -> list[str]:
    """Return the topics of all contracts, without prefix."""
    return sorted({message.topic for message in public_contracts()})


def partition_names() -> list[str]:
    """Return all partitions of the topics of all contracts, named `topic/7`."""
    return [f"{topic}/{number}" for topic in topics() for number in range(PARTITIONS)]


def create_topics(settings: KafkaSettings) -> list[str]:
    """Create the missing topics, with a leader for each partition; return their names.

    They have the cluster's default number of replicas.

    Raises:
        UnavailableError: if the broker is out.
    """
    retention_ms = str(RETENTION // timedelta(milliseconds=1))
    spec = {
        "num_partitions": PARTITIONS,
        "replication_factor": CLUSTER_DEFAULT,
        "configs": {"retention.ms": retention_ms},
    }
    with closing(admin_client(settings)) as admin:
        wanted = {settings.topic_prefix + topic for topic in topics()}
        missing = sorted(wanted - set(admin.list_topics()))
        if missing:
            admin.create_topics(dict.fromkeys(missing, spec), wait_for_metadata=True)
    return missing


def topic_ids(settings: KafkaSettings, names: Sequence[str]) -> dict[str, UUID]:
    """Return the broker's id of each of these topics that exists.

    A topic that is recreated under the same name has another id.

    Raises:
        UnavailableError: if the broker is out.
    """
    prefixed = {settings.topic_prefix + name: name for name in names}
    try:
        with closing(admin_client(settings)) as admin:
            existing = [each for each in admin.list_topics() if each in prefixed]
            found = admin.describe_topics(existing) if existing else ()
    except KafkaError as error:
        raise UnavailableError(str(error)) from error
    # A topic that was deleted since it was listed has none.
    return {
        prefixed[each["name"]]: UUID(str(each["topic_id"])) for each in found if each["topic_id"]
    }


def end_offsets(settings: KafkaSettings, sources: Sequence[str]) -> dict[str, int]:
    """Return the end offset of partitions named `topic/7`; 0 for those that do not exist.

    Raises:
        UnavailableError: if the broker is out.
    """
    found = dict.fromkeys(sources, 0)
    partitions = {topic_partition(settings, source): source for source in sources}
    try:
        with closing(admin_client(settings)) as admin:
            latest = dict.fromkeys(existing_partitions(admin, partitions), OffsetSpec.LATEST)
            for partition, end in admin.list_partition_offsets(latest).items() if latest else ():
                found[partitions[partition]] = end.offset
    except KafkaError as error:
        raise UnavailableError(str(error)) from error
    return found


def existing_partitions(admin: Any, wanted: Collection[TopicPartition]) -> list[TopicPartition]:  # noqa: ANN401
    """Return those of these partitions that exist."""
    topics = {each.topic for each in wanted} & set(admin.list_topics())
    found = admin.describe_topics(sorted(topics)) if topics else ()
    existing = (
        TopicPartition(topic["name"], partition["partition_index"])
        for topic in found
        for partition in topic["partitions"]
    )
    return [each for each in existing if each in wanted]


def lag(settings: Settings) -> dict[str, int]:
    """Return how many records of each partition the service has not read yet.

    Raises:
        UnavailableError: if the broker is out.
    """
    group = settings.consumer_group
    try:
        with closing(admin_client(settings)) as admin:
            read = admin.list_group_offsets({group: None}).get(group, {})
            last = admin.list_partition_offsets(dict.fromkeys(read, OffsetSpec.LATEST))
    except KafkaError as error:
        raise UnavailableError(str(error)) from error
    prefix = len(settings.topic_prefix)
    return {
        f"{each.topic[prefix:]}/{each.partition}": last[each].offset - committed.offset
        for each, committed in read.items()
        if each in last
    }


def claim_topics_if_free(settings: KafkaSettings, own: str) -> str:
    """Return which installation owns the topics; `own` claims them if they are free.

    The first record of OWNER_TOPIC names it, so the broker decides between simultaneous
    claims. An empty `own` claims nothing; the result is empty if the topics are free.

    Raises:
        UnavailableError: if the broker is out.
    """
    try:
        with closing(admin_client(settings, SHORT_TIMEOUTS)) as admin:
            exists = settings.topic_prefix + OWNER_TOPIC in admin.list_topics()
            if not exists and own:
                create_owner_topic(settings, admin)
            if own:
                admin.wait_for_topics([settings.topic_prefix + OWNER_TOPIC])
        found = read_owner(settings) if exists or own else ""
        if not found and own:
            with closing(KafkaProducer(acks="all", **kafka_python_options(settings))) as producer:
                producer.send(settings.topic_prefix + OWNER_TOPIC, own.encode()).get(
                    OWNER_TIMEOUT_S
                )
            found = read_owner(settings)
    except KafkaError as error:
        raise UnavailableError(str(error)) from error
    return found


def create_owner_topic(settings: KafkaSettings, admin: Any) -> None:  # noqa: ANN401  no types
    """Create the topic that names the installation, unless another process just did."""
    spec = {
        "num_partitions": 1,
        "replication_factor": CLUSTER_DEFAULT,
        "configs": {"retention.ms": "-1", "retention.bytes": "-1"},
    }
    with suppress(TopicAlreadyExistsError):
        admin.create_topics({settings.topic_prefix + OWNER_TOPIC: spec})


def read_owner(settings: KafkaSettings) -> str:
    """Return the installation that the first claim names; empty if there is none."""
    partition = TopicPartition(settings.topic_prefix + OWNER_TOPIC, 0)
    with closing(KafkaConsumer(**(kafka_python_options(settings) | SHORT_TIMEOUTS))) as consumer:
        consumer.assign([partition])
        consumer.seek_to_beginning(partition)
        begin = consumer.beginning_offsets([partition])[partition]
        if begin >= consumer.end_offsets([partition])[partition]:
            return ""
        records = consumer.poll(timeout_ms=OWNER_TIMEOUT_S * 1000, max_records=1).get(partition)
    if not records:
        msg = f"the first record of {partition.topic} cannot be read"
        raise UnavailableError(msg)
    return str(records[0].value.decode(errors="replace"))


def topic_partition(settings: KafkaSettings, source: str) -> TopicPartition:
    """Return the partition with our name `topic/7`."""
    topic, _, number = source.rpartition("/")
    return TopicPartition(settings.topic_prefix + topic, int(number))


def admin_client(settings: KafkaSettings, timeouts: Mapping[str, int] = DEFAULT_TIMEOUTS) -> Any:  # noqa: ANN401  no types
    """Return a client for administration, with its own time-outs unless others are given.

    Raises:
        UnavailableError: if the broker is out.
    """
    try:
        return KafkaAdminClient(**(kafka_python_options(settings) | dict(timeouts)))
    except KafkaError as error:
        msg = f"no Kafka answers at {settings.kafka}; start it, or set KAITONG_KAFKA"
        raise UnavailableError(msg) from error


def kafka_python_options(settings: KafkaSettings) -> dict[str, Any]:
    """Return the connection options of kafka-python."""
    found: dict[str, Any] = {
        "bootstrap_servers": settings.kafka,
        "security_protocol": settings.kafka_security.upper(),
    }
    if settings.kafka_ca:
        found["ssl_cafile"] = str(settings.kafka_ca)
    if settings.kafka_security.startswith("sasl"):
        found["sasl_mechanism"] = settings.kafka_mechanism.upper()
        found["sasl_plain_username"] = settings.kafka_user
        found["sasl_plain_password"] = settings.kafka_password
    return found


def main() -> None:
    """Create the missing topics, and print their names."""
    try:
        made = create_topics(KafkaSettings.read())
    except StartError as error:
        refuse_to_start(f"topics: {error}")
    except UnavailableError as error:
        sys.exit(f"topics: {error}")
    sys.stdout.write(f"topics made: {', '.join(made) or 'none, all are there'}\n")


if __name__ == "__main__":
    main()
