"""A system of an earlier version is upgraded with orders at every step, and they end rightly.

Databases, topics and elements are as `record.py` has recorded them.
"""

import base64
import gzip
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
import pytest
from kafka import KafkaProducer
from kafka.errors import CoordinatorNotAvailableError

from deploy.local.databases import database_name, make_databases, superuser_dsn
from deploy.local.existing_engines import KAFKA, database_setting_name
from deploy.local.kafka import Kafka
from deploy.local.postgres import Postgres
from deploy.local.postgres_cluster import program_folder
from shared.config.settings import Settings
from shared.kafka import admin
from tests.conftest import SERVICES
from tests.deploy.waiting import until
from tests.flows.site import Site, running
from tests.shared.consuming import set_group_offsets
from tools.verify import find_violations

JSON = Any
VERSIONS = ("v0.1.0",)
FAILED = frozenset({"voice-undone", "voice-undo", "ftth-released"})
"""Orders that were being undone; all others complete."""

MAINTAINED = ("B-OLT01", "C-OLT01", "ims", "aaa")
FAULTY = ("D-OLT01", "ims", "aaa")
PATH = "/tmf-api/productOrderingManagement/v4/productOrder"
LONG_S = 90.0


@pytest.fixture(params=VERSIONS)
def recorded(request: pytest.FixtureRequest) -> Path:
    """The folder of a recorded version."""
    return Path(__file__).parent / str(request.param)


@pytest.fixture
def upgraded(
    recorded: Path,
    postgres: Postgres,
    kafka: Kafka,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Site]:
    """The system of this version, on the recorded data."""
    home = tmp_path / "home"
    for name, value in {
        KAFKA: kafka.bootstrap_address,
        "KAITONG_TOPIC_PREFIX": prefix(tmp_path),
    }.items():
        monkeypatch.setenv(name, value)
    urls = make_databases(postgres, tmp_path, SERVICES)
    for service, url in urls.items():
        monkeypatch.setenv(database_setting_name(service), url)
        restore(recorded / f"{service}.sql.gz", url.replace("+psycopg", ""))
    own = {service: settings_of(service, url, tmp_path) for service, url in urls.items()}
    fill_topics(recorded / "topics.jsonl.gz", own["order"])
    for service, settings in own.items():
        until(partial(commits, settings, consumed_offsets(urls[service])), "offsets are committed")
    restore_home(recorded, home)
    with running(home) as site:
        yield site
    with psycopg.connect(superuser_dsn(postgres), autocommit=True) as connection:
        for service in SERVICES:
            connection.execute(f"DROP DATABASE {database_name(service)} WITH (FORCE)")
            connection.execute(f"DROP ROLE {database_name(service)}")


def prefix(folder: Path) -> str:
    """Return the prefix of this test's topics."""
    return f"upgrade{os.getpid()}.{folder.name}."


def settings_of(service: str, url: str, folder: Path) -> Settings:
    """Return the settings of a service, for its topics and its consumer group."""
    environment = {**os.environ, database_setting_name(service): url, "KAITONG_HOME": str(folder)}
    return Settings.from_environment(service, environment | {"KAITONG_INSTALLATION": "upgrade"})


def restore(dump: Path, url: str) -> None:
    """Load a dump into an empty database."""
    command = [str(program_folder() / "psql"), "--quiet", "-v", "ON_ERROR_STOP=1", url]
    content = gzip.decompress(dump.read_bytes())
    subprocess.run(command, input=content, check=True, stdout=subprocess.DEVNULL)  # noqa: S603


def fill_topics(file: Path, settings: Settings) -> None:
    """Produce the recorded records, at the offsets that they had."""
    head, *records = map(json.loads, gzip.decompress(file.read_bytes()).splitlines())
    admin.create_topics(settings)
    assert set(head["topics"].values()) == {admin.PARTITIONS}
    producer = KafkaProducer(bootstrap_servers=settings.kafka, acks="all")
    sent = [
        (
            each["offset"],
            producer.send(
                settings.topic_prefix + each["topic"],
                value=bytes_of(each["value"]),
                key=bytes_of(each["key"]),
                headers=[(name, bytes_of(value)) for name, value in each["headers"]],
                partition=each["partition"],
            ),
        )
        for each in records
    ]
    for offset, future in sent:
        assert future.get(LONG_S).offset == offset
    producer.close()


def bytes_of(text: str | None) -> bytes | None:
    """Return the bytes that a recorded text stands for."""
    return None if text is None else base64.b64decode(text)


def consumed_offsets(url: str) -> dict[str, int]:
    """Return the offsets up to which a service has consumed its topics."""
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        return dict(connection.execute("SELECT source, reached FROM offsets").fetchall())


def commits(settings: Settings, offsets: dict[str, int]) -> bool:
    """Commit the offsets of a service's group; return False while a new broker serves no group."""
    try:
        set_group_offsets(settings, offsets)
    except CoordinatorNotAvailableError:
        return False
    return True


def restore_home(recorded: Path, home: Path) -> None:
    """Write the keys and the elements' journal to a new home."""
    keys: dict[str, str] = json.loads((recorded / "about.json").read_text())["keys"]
    (home / "run").mkdir(parents=True)
    for name, key in keys.items():
        (home / "run" / name).write_text(key)
        (home / "run" / name).chmod(0o600)
    state = home / "state" / "elements"
    state.mkdir(parents=True)
    shutil.copy(recorded / "elements.journal", state)


def test_orders_under_way_in_an_earlier_version_end_in_this_one(
    recorded: Path, upgraded: Site
) -> None:
    names: list[str] = list(json.loads((recorded / "about.json").read_text())["orders"])
    upgraded.until_serving(LONG_S)
    for element in FAULTY:
        with upgraded.faults(element):
            pass  # it has none of the recorded ones any more
    operator = upgraded.client("ops")
    for element in MAINTAINED:
        operator.request("provisioning", "DELETE", f"/ops/v1/elements/{element}/maintenance")

    orders = upgraded.client("viewer").get("order", PATH, limit="100")
    by_name = {each["externalId"]: each["id"] for each in orders}
    path = f"/ops/v1/fallout/{by_name['ftth-fallout']}/retry"
    operator.post("provisioning", path, {"reason": "repaired"})
    ends = {name: upgraded.fulfil(id_)["state"] for name, id_ in by_name.items()}

    expected = {name: "failed" if name in FAILED else "completed" for name in names}
    assert ends == expected
    assert find_violations(upgraded.record) == []
