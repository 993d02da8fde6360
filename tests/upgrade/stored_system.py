"""What is recorded of a system: its databases, topics, elements and keys."""

import base64
import gzip
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

from kafka import KafkaConsumer, TopicPartition

from tests.upgrade.recorder import Recorder

JSON = Any
SERVICES = ("order", "provisioning", "resources", "customer")


def store(it: Recorder, folder: Path) -> None:
    """Store databases, topics and the elements' journal."""
    folder.mkdir(parents=True, exist_ok=True)
    program = str(next((it.home / "engines").resolve().glob("postgresql/**/bin/pg_dump")))
    for service in SERVICES:
        url = it.stack["databases"][service].replace("+psycopg", "")
        command = [program, "--no-owner", "--no-privileges", url]
        dump = subprocess.run(command, capture_output=True, check=True)  # noqa: S603  of the engine
        write(folder / f"{service}.sql.gz", dump.stdout)
    records = "\n".join(json.dumps(each) for each in read_topics(it.stack["kafka"]))
    write(folder / "topics.jsonl.gz", records.encode())
    shutil.copy(it.home / "state" / "elements" / "elements.journal", folder)
    keys = {each: (it.home / "run" / each).read_text() for each in ("log.key", "person.key")}
    about = {"keys": keys, "orders": it.notes}
    (folder / "about.json").write_text(json.dumps(about, indent=1, ensure_ascii=False) + "\n")


def write(file: Path, content: bytes) -> None:
    """Write a compressed file, the same for the same content."""
    file.write_bytes(gzip.compress(content, mtime=0))


def read_topics(bootstrap: str) -> list[JSON]:
    """Return all records of all topics, in the order of their offsets."""
    consumer = KafkaConsumer(bootstrap_servers=bootstrap)
    topics = sorted(each for each in consumer.topics() if not each.startswith("__"))
    parts = [
        TopicPartition(each, number)
        for each in topics
        for number in sorted(consumer.partitions_for_topic(each) or ())
    ]
    consumer.assign(parts)
    consumer.seek_to_beginning(*parts)
    ends = consumer.end_offsets(parts)
    found: list[JSON] = [
        {"topics": {each: len(consumer.partitions_for_topic(each)) for each in topics}}
    ]
    while any(consumer.position(each) < ends[each] for each in parts):
        for records in consumer.poll(timeout_ms=1000).values():
            found += [record_of(each) for each in records]
    consumer.close()
    return found


def record_of(record: Any) -> JSON:
    """Return a record as JSON."""
    return {
        "topic": record.topic,
        "partition": record.partition,
        "offset": record.offset,
        "timestamp": record.timestamp,
        "key": text_of(record.key),
        "value": text_of(record.value),
        "headers": [[name, text_of(value)] for name, value in record.headers],
    }


def text_of(content: bytes | None) -> str | None:
    """Return bytes as text."""
    return None if content is None else base64.b64encode(content).decode()
