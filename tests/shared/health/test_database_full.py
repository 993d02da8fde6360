"""A database whose disk is full answers reads and refuses writes: its processes report it."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from deploy.local.postgres import Postgres
from deploy.local.stack_record import StackRecord, identity_of
from services.console.client import Client
from services.console.status import read_status
from shared.config.settings import Settings
from shared.observability.troubles import TroubleKind
from shared.persistence.database import make_sessions
from shared.security.development_keys import make_token
from tests.kernel import until
from tests.shared.conftest import ORDER_LOGS
from tests.shared.consuming import produce, seal_records
from tests.shared.health.small_disk import DatabaseDisk, SimulatedDisk, disk, execute
from tests.shared.http.small_api import NOW
from tests.shared.order_log import accepted, logged_types
from tests.shared.service_process import running_process

FULL = TroubleKind.DATABASE_FULL
TIMEOUT_S = 60.0
"""Seconds for the start of a process on a busy machine."""

COUNTED = 'kaitong_trouble{kind="database_full"} 1.0'


@pytest.fixture
def small_disk(postgres: Postgres) -> Iterator[DatabaseDisk]:
    """A migrated database with the order log, on a disk that can be filled."""
    folder = Path(tempfile.mkdtemp(prefix="kaitong-disk-", dir="/tmp"))
    folder.chmod(0o755)
    with disk(postgres, folder) as small:
        prepare(small.url)
        yield small
    shutil.rmtree(folder)


def prepare(url: str) -> None:
    """Make the table of the order log."""
    sessions = make_sessions(url)
    ORDER_LOGS.create(sessions.kw["bind"])
    sessions.kw["bind"].dispose()


@pytest.mark.usefixtures("keys", "topics")
async def test_a_full_disk_makes_a_process_unready_until_a_write_works(
    settings: Settings, small_disk: DatabaseDisk
) -> None:
    own = settings.model_copy(update={"database_url": small_disk.url})
    sessions = make_sessions(small_disk.url)
    with running_process(own) as running:
        url = f"http://127.0.0.1:{running.port}"
        await until(running.is_ready, TIMEOUT_S)
        small_disk.fill()
        await produce(settings, seal_records([accepted()]))
        await until(lambda: ready(url).status_code == 503, TIMEOUT_S)
        unready, exposed, status = ready(url).json(), metrics(url), status_of(url, settings)
        still_full = ready(url).status_code
        small_disk.free()
        await until(lambda: ready(url).status_code == 200, TIMEOUT_S)
        await until(lambda: bool(logged_types(sessions)), TIMEOUT_S)
        after = ready(url).json()
    sessions.kw["bind"].dispose()

    (full,) = (each for each in unready["troubles"] if each["is_blocking"])
    assert (full["kind"], unready["status"]) == (FULL, "unready")
    assert COUNTED in exposed
    assert FULL in {each["kind"] for each in status}
    assert still_full == 503, "it was ready before a write had worked"
    assert FULL not in {each["kind"] for each in after["troubles"]}


def test_where_no_disk_can_be_mounted_the_kernel_refuses_writes_too(
    small_disk: DatabaseDisk,
) -> None:
    simulated = SimulatedDisk(small_disk.url)
    insert = "INSERT INTO inbox VALUES (gen_random_uuid(), now())"

    simulated.fill()
    with pytest.raises(psycopg.errors.DiskFull):
        execute(simulated.url, insert)
    with pytest.raises(psycopg.errors.DiskFull):
        execute(simulated.url, "CREATE TABLE probe (filler bytea)")
    simulated.free()

    execute(simulated.url, insert)


def ready(url: str) -> httpx.Response:
    """Return the readiness of a process."""
    return httpx.get(f"{url}/health/ready", timeout=5)


def metrics(url: str) -> str:
    """Return the metrics of a process."""
    return httpx.get(f"{url}/metrics", timeout=5).text


def status_of(url: str, settings: Settings) -> list[dict[str, Any]]:
    """Return the troubles that `kaitong status` lists for a stack of this process alone."""
    token = make_token(settings.auth_keys, "viewer", now=NOW)
    client = Client({"order": url}, token, timeout_s=5)
    stack = StackRecord("ready", identity_of(1), urls={"order": url})
    try:
        found: list[dict[str, Any]] = read_status(stack, client).as_json()["troubles"]
        return found
    finally:
        client.http.close()
