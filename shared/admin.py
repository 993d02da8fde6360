"""Topics, and how full they are. No other module imports kafka.

Run as `python -m shared.admin` to make the topics that are not there yet.
"""

import sys
from collections.abc import Sequence
from contextlib import closing
from datetime import timedelta
from typing import Any

from kafka import KafkaAdminClient, TopicPartition
from kafka.admin import OffsetSpec
from kafka.errors import KafkaError, UnknownTopicOrPartitionError

from shared.broker import BrokerSettings
from shared.contracts import registered
from shared.errors import StartError, UnavailableError
from shared.outbox import RETENTION
from shared.settings import Settings, broker_settings
from shared.stop import refuse_to_start

PARTITIONS = 12
"""Fixed for a topic's life, so that keys never move."""


CLUSTER_DEFAULT = -1


def topics() -> list[str]:
    """Return the topics of all contracts, without prefix."""
    return sorted({message.topic for message in registered()})


def make_topics(settings: BrokerSettings) -> list[str]:
    """Make the topics that are not there yet, with a leader for each partition.

    They get as many replicas as the cluster's own default says.

    Raises:
        UnavailableError: if the broker is out.
    """
    retention_ms = str(RETENTION // timedelta(milliseconds=1))
    spec = {
        "num_partitions": PARTITIONS,
        "replication_factor": CLUSTER_DEFAULT,
        "configs": {"retention.ms": retention_ms},
    }
    with closing(client(settings)) as admin:
        wanted = {settings.topic_prefix + topic for topic in topics()}
        missing = sorted(wanted - set(admin.list_topics()))
        if missing:
            admin.create_topics(dict.fromkeys(missing, spec), wait_for_metadata=True)
    return missing


def ends(settings: BrokerSettings, sources: Sequence[str]) -> dict[str, int]:
    """Return the end offset of partitions named `topic/7`; 0 where there is no such topic.

    Raises:
        UnavailableError: if the broker is out.
    """
    found = dict.fromkeys(sources, 0)
    asked = {partition_of(settings, source): source for source in sources}
    try:
        with closing(client(settings)) as admin:
            there = set(admin.list_topics())
            known = {each: OffsetSpec.LATEST for each in asked if each.topic in there}
            for partition, end in admin.list_partition_offsets(known).items() if known else ():
                found[asked[partition]] = end.offset
    except UnknownTopicOrPartitionError:
        return found
    except KafkaError as error:
        raise UnavailableError(str(error)) from error
    return found


def lag(settings: Settings) -> dict[str, int]:
    """Return how many records of each partition the service has still to read.

    Raises:
        UnavailableError: if the broker is out.
    """
    group = settings.group
    try:
        with closing(client(settings)) as admin:
            read = admin.list_group_offsets({group: None}).get(group, {})
            last = admin.list_partition_offsets(dict.fromkeys(read, OffsetSpec.LATEST))
    except KafkaError as error:
        raise UnavailableError(str(error)) from error
    prefix = len(settings.topic_prefix)
    return {
        f"{each.topic[prefix:]}/{each.partition}": last[each].offset - place.offset
        for each, place in read.items()
        if each in last
    }


def partition_of(settings: BrokerSettings, source: str) -> TopicPartition:
    """Return the partition that we call `topic/7`."""
    topic, _, number = source.rpartition("/")
    return TopicPartition(settings.topic_prefix + topic, int(number))


def client(settings: BrokerSettings) -> Any:  # noqa: ANN401  kafka-python ships no types
    """Return a client for administration.

    Raises:
        UnavailableError: if the broker is out.
    """
    try:
        return KafkaAdminClient(**options(settings))
    except KafkaError as error:
        msg = f"no Kafka answers at {settings.kafka}; start it, or set KAITONG_KAFKA"
        raise UnavailableError(msg) from error


def options(settings: BrokerSettings) -> dict[str, Any]:
    """Return how Kafka is reached by kafka-python."""
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
    """Make the topics, and say which."""
    try:
        made = make_topics(broker_settings())
    except StartError as error:
        refuse_to_start(f"topics: {error}")
    except UnavailableError as error:
        sys.exit(f"topics: {error}")
    sys.stdout.write(f"topics made: {', '.join(made) or 'none, all are there'}\n")


if __name__ == "__main__":
    main()
