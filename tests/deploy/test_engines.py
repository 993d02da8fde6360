"""PostgreSQL and Kafka on one machine."""

import os
import re
import shutil
import socket
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import psycopg
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from kafka import KafkaAdminClient

from deploy.local import packages, ports, process
from deploy.local.databases import make_databases, superuser_dsn
from deploy.local.errors import StartError
from deploy.local.home import CHECKOUT, folder_for_unprivileged_user
from deploy.local.kafka import Kafka, start_kafka
from deploy.local.kafka_storage import BOOTSTRAP_CHECKPOINT, META_PROPERTIES, format_storage
from deploy.local.postgres import SETTINGS, Postgres, start_postgres
from deploy.local.postgres_cluster import assign_data_folder, cluster_user, remove_cluster
from tests.deploy.waiting import has_ended, runs_program, until


@pytest.fixture
def own_postgres(tmp_path: Path) -> Iterator[Postgres]:
    """A cluster that the test may kill."""
    cluster = start_postgres(tmp_path / "postgres", fsync=False)
    yield cluster
    cluster.remove()


@pytest.fixture
def own_kafka(tmp_path: Path) -> Iterator[Kafka]:
    """A node that the test may kill."""
    node = start_kafka(tmp_path / "kafka")
    yield node
    node.kill()


def test_rows_survive_the_kill_of_the_whole_cluster(own_postgres: Postgres) -> None:
    with psycopg.connect(superuser_dsn(own_postgres)) as before:
        before.execute("CREATE TABLE kept AS SELECT 7 AS seven")
        before.commit()
    port = own_postgres.port

    own_postgres.kill()
    assert process.processes_with_cwd(own_postgres.data) == []
    own_postgres.start()

    with psycopg.connect(superuser_dsn(own_postgres)) as after:
        assert after.execute("SELECT seven FROM kept").fetchall() == [(7,)]
    assert own_postgres.port == port


async def test_records_survive_the_kill_of_the_broker(own_kafka: Kafka) -> None:
    admin = KafkaAdminClient(bootstrap_servers=own_kafka.bootstrap_address)
    admin.create_topics({"kept": {"num_partitions": 1, "replication_factor": 1}})
    admin.close()
    bootstrap_address = own_kafka.bootstrap_address
    async with AIOKafkaProducer(
        bootstrap_servers=bootstrap_address, enable_idempotence=True
    ) as producer:
        await producer.send_and_wait("kept", b"seven")

    own_kafka.kill()
    own_kafka.start()

    async with AIOKafkaConsumer(bootstrap_servers=bootstrap_address) as consumer:
        partition = TopicPartition("kept", 0)
        consumer.assign([partition])
        await consumer.seek_to_beginning(partition)
        record = await consumer.getone()
    assert record.value == b"seven"


def test_what_an_interrupted_format_left_is_written_over_and_no_two_nodes_share_a_name(
    kafka: Kafka, tmp_path: Path
) -> None:
    data = tmp_path / "kafka" / "data"
    data.mkdir(parents=True)
    for half in (BOOTSTRAP_CHECKPOINT, f"{META_PROPERTIES}.half"):
        (data / half).write_bytes(b"half of it")
    node = start_kafka(data.parent)
    node.kill()

    assert (data / BOOTSTRAP_CHECKPOINT).read_bytes() == (
        kafka.data / BOOTSTRAP_CHECKPOINT
    ).read_bytes()
    names = [name for each in (node, kafka) for name in names_of(each)]
    assert len(names) == len(set(names)) == 4


def test_a_list_of_features_that_a_power_cut_left_empty_is_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (empty := tmp_path / BOOTSTRAP_CHECKPOINT).touch()
    monkeypatch.setattr(packages, "kafka_features_path", lambda: empty)

    node = start_kafka(tmp_path / "kafka")
    node.kill()

    assert (node.data / BOOTSTRAP_CHECKPOINT).stat().st_size


def test_a_data_folder_that_cannot_be_made_is_one_clear_line(tmp_path: Path) -> None:
    data = tmp_path / "missing" / "data"

    with pytest.raises(StartError, match=f"^Kafka: cannot format {data}: .*No such file"):
        format_storage(data, tmp_path / "server.properties")


def names_of(node: Kafka) -> list[str]:
    """Return the ids of a node's cluster and of its folder."""
    return re.findall(
        r"(?m)^(?:cluster|directory)\.id=(.+)$", (node.data / META_PROPERTIES).read_text()
    )


def test_a_running_cluster_is_returned_and_not_started_twice(own_postgres: Postgres) -> None:
    again = start_postgres(own_postgres.folder)
    assert (again.pid, again.url) == (own_postgres.pid, own_postgres.url)


def test_another_process_with_the_old_process_id_does_not_keep_the_cluster_down(
    own_postgres: Postgres,
) -> None:
    pid_file = own_postgres.data / "postmaster.pid"
    text = pid_file.read_text()
    own_postgres.stop()
    with subprocess.Popen(
        process.child_command_line(["/bin/sleep", "60"], cluster_user(), 0)
    ) as other:
        until(lambda: runs_program(other.pid, "sleep"), "the other process runs")
        pid_file.write_text(text.replace(text.split()[0], str(other.pid), 1))
        own_postgres.start()
        other.kill()
    assert process.is_alive(own_postgres.server)


@pytest.mark.parametrize("start", [start_postgres, start_kafka])
def test_a_taken_port_is_one_clear_line(start: Callable[..., object], tmp_path: Path) -> None:
    with socket.create_server((ports.HOST, 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(StartError, match=rf"^\w+: port {port} on 127\.0\.0\.1 is taken; .+$"):
            start(tmp_path / "engine", port=port)


STARTER = """
import sys, time
from pathlib import Path
from deploy.local.{module} import start_{module} as start
print(start(Path(sys.argv[1]), detached={detached}).pid, flush=True)
time.sleep(600)
"""


def killed_starter(module: str, folder: Path, *, detached: bool) -> int:
    """Start an engine in another process, kill that with -9, and return the engine's pid."""
    code = STARTER.format(module=module, detached=detached)
    with subprocess.Popen(
        [sys.executable, "-c", code, str(folder)], stdout=subprocess.PIPE, text=True, cwd=CHECKOUT
    ) as starter:
        assert starter.stdout is not None
        pid = int(starter.stdout.readline())
        starter.kill()
    return pid


@pytest.mark.parametrize("module", ["postgres", "kafka"])
def test_an_engine_ends_with_the_process_that_started_it(module: str, tmp_path: Path) -> None:
    folder = tmp_path / module
    pid = killed_starter(module, folder, detached=False)
    data = assign_data_folder(folder) if module == "postgres" else folder
    until(lambda: has_ended(pid), f"{module} ends")
    until(lambda: not process.processes_with_cwd(data), f"all of {module} ends")


def test_a_detached_engine_lives_on(tmp_path: Path) -> None:
    pid = killed_starter("postgres", tmp_path / "postgres", detached=True)
    found = start_postgres(tmp_path / "postgres")
    assert found.pid == pid
    found.remove()
    assert has_ended(pid)


@pytest.mark.skipif(os.getuid() != 0, reason="only root has rights to give up")
def test_root_hands_the_cluster_to_another_user_and_opens_no_folder_for_it(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    cluster = start_postgres(tmp_path / "postgres", fsync=False)
    user = psutil.Process(cluster.pid).uids().real
    mode = stat.S_IMODE(tmp_path.stat().st_mode)
    cluster.remove()
    assert user != 0
    assert mode == 0o700


def test_a_cluster_forgotten_with_its_folder_is_made_anew(tmp_path: Path) -> None:
    folder = tmp_path / "postgres"
    forgotten = start_postgres(folder, fsync=False)
    forgotten.kill()
    shutil.rmtree(folder)

    fresh = start_postgres(folder, fsync=False)

    with psycopg.connect(superuser_dsn(fresh)) as connection:
        assert connection.execute("SELECT 1").fetchall() == [(1,)]
    fresh.remove()


def test_two_checkouts_never_share_a_cluster(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    places = set()
    for checkout in ("one", "two"):
        home = tmp_path / checkout / ".kaitong"
        monkeypatch.setenv("KAITONG_HOME", str(home))
        folder = home / "postgres"
        folder.mkdir(parents=True)
        places.add(assign_data_folder(folder))
        remove_cluster(folder)
    assert len(places) == 2


@pytest.mark.skipif(os.getuid() != 0, reason="only root has a second folder")
def test_data_of_a_folder_that_is_gone_goes_when_another_is_made(tmp_path: Path) -> None:
    gone_folder, folder = tmp_path / "gone", tmp_path / "here"
    for each in (gone_folder, folder):
        each.mkdir()
    forgotten = assign_data_folder(gone_folder)
    forgotten.mkdir()
    shutil.rmtree(gone_folder)

    assign_data_folder(folder)

    assert not forgotten.exists()
    remove_cluster(folder)


@pytest.mark.skipif(os.getuid() != 0, reason="only root has a second folder")
def test_the_last_cluster_of_a_home_takes_the_private_folder_along(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KAITONG_HOME", str(tmp_path))
    folders = [tmp_path / "one", tmp_path / "two"]
    for folder in folders:
        folder.mkdir()
        assign_data_folder(folder).mkdir()
    private = folder_for_unprivileged_user()
    remove_cluster(folders[0])
    assert private.exists()
    remove_cluster(folders[1])
    assert not private.exists()


def test_a_services_role_reaches_its_own_database_and_nothing_else(
    own_postgres: Postgres, tmp_path: Path
) -> None:
    urls = make_databases(own_postgres, tmp_path, ["order", "customer"])
    order = urls["order"].replace("+psycopg", "")
    with psycopg.connect(order) as connection:
        connection.execute("CREATE TABLE own (id int)")
    server = order.removesuffix("/kaitong_order")
    for other in ("kaitong_customer", "postgres", "template1"):
        with pytest.raises(psycopg.OperationalError, match="permission denied"):
            psycopg.connect(f"{server}/{other}")


def test_databases_keep_their_urls_when_they_are_made_again(
    own_postgres: Postgres, tmp_path: Path
) -> None:
    first = make_databases(own_postgres, tmp_path, ["order"])
    assert make_databases(own_postgres, tmp_path, ["order", "customer"])["order"] == first["order"]


def test_a_broken_setting_of_the_engine_is_reported_with_its_reason(
    own_postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    own_postgres.stop()
    monkeypatch.setitem(SETTINGS, "work_mem", "plenty")
    with pytest.raises(StartError, match="work_mem"):
        own_postgres.start()
