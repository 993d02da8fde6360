"""A message is put into the partition into which Kafka's own clients put its key."""

from uuid import uuid4

from aiokafka.partitioner import DefaultPartitioner

from shared.kafka.producer import choose_partition

PARTITIONS = list(range(20, 32))


def test_a_key_has_the_partition_of_kafkas_own_clients_each_time() -> None:
    keys = [uuid4().bytes for _ in range(500)]
    default = DefaultPartitioner()

    chosen = [choose_partition(key, PARTITIONS, PARTITIONS[:1]) for key in keys * 2]

    assert chosen == [default(key, PARTITIONS, PARTITIONS[:1]) for key in keys] * 2
    assert set(chosen) == set(PARTITIONS)
