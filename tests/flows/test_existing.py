"""Existing engines: `down --purge` names what stays, `up` names what it finds."""

import os
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import psycopg
import pytest

from deploy.local import stack_record
from deploy.local.databases import database_name, make_databases, superuser_dsn
from deploy.local.existing_engines import KAFKA, address_without_secrets, database_setting_name
from deploy.local.kafka import Kafka
from deploy.local.postgres import Postgres
from services.console.client import Client, token_for
from services.console.errors import USAGE
from services.console.orders import ORDERS
from tests.conftest import SERVICES
from tests.console.command import kaitong
from tests.kernel import until
from tools.province.model import Exchange, Segment

EMPTY = "It is empty (tenant jiangsu): import exchanges, numbers and plant"
EXCHANGE = Exchange("X1", "X1", "025", "南京市", "玄武区")
SEGMENT = Segment("seg-x1", "X1", "025", "+862580001000", 10)
ORDER = {
    "externalId": "E-1",
    "relatedParty": [{"id": "C-1", "role": "customer"}],
    "productOrderItem": [
        {
            "id": "1",
            "action": "add",
            "productOffering": {"id": "ftth-300"},
            "product": {"place": [{"id": "nowhere", "role": "installation address"}]},
        }
    ],
}


@pytest.fixture
def engine_settings(postgres: Postgres, kafka: Kafka, tmp_path: Path) -> Iterator[dict[str, str]]:
    """Settings that name a PostgreSQL and a Kafka that run already."""
    urls = make_databases(postgres, tmp_path, SERVICES)
    named = {database_setting_name(service): url for service, url in urls.items()}
    yield named | {
        KAFKA: kafka.bootstrap_address,
        "KAITONG_TOPIC_PREFIX": f"existing{os.getpid()}.",
        "KAITONG_HOME": str(tmp_path / "home"),
    }
    with psycopg.connect(superuser_dsn(postgres), autocommit=True) as connection:
        for service in SERVICES:
            connection.execute(f"DROP DATABASE {database_name(service)} WITH (FORCE)")
            connection.execute(f"DROP ROLE {database_name(service)}")


def output_of(settings: dict[str, str], *words: str) -> str:
    """Run a command that succeeds; return its output."""
    done = kaitong(*words, **settings)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


async def place_an_order(home: Path) -> None:
    """Import an exchange with numbers, and place an order until it is rejected."""
    found = stack_record.read(home)
    assert found
    ops = Client(found.urls, token_for("ops", at=home))
    crm = Client(found.urls, token_for("crm", at=home))
    ops.post("resources", "/ops/v1/import/exchanges", [asdict(EXCHANGE)])
    ops.post("resources", "/ops/v1/import/segments", [asdict(SEGMENT)])
    path = f"{ORDERS}/{crm.post('order', ORDERS, ORDER)['id']}"
    await until(lambda: crm.get("order", path)["state"] == "rejected", 60)
    for each in (ops, crm):
        each.http.close()


async def test_data_in_existing_engines_are_kept_and_found_again(
    engine_settings: dict[str, str],
) -> None:
    home = Path(engine_settings["KAITONG_HOME"])
    person_key = home / "run" / "person.key"
    try:
        first = output_of(engine_settings, "up")
        secret = person_key.read_text()
        await place_an_order(home)
        purged = output_of(engine_settings, "down", "--purge")
        second = output_of(engine_settings, "up")
        secret_again = person_key.read_text()
        output_of(engine_settings, "down")
        renamed = kaitong("up", **engine_settings, KAITONG_INSTALLATION="another")
    finally:
        output_of(engine_settings, "down", "--purge")

    assert EMPTY in first
    assert "all data is deleted" not in purged
    for setting in (database_setting_name("order"), database_setting_name("customer"), KAFKA):
        assert f"{address_without_secrets(engine_settings[setting])} ({setting})" in purged
    assert "It holds data from before (order: order progress, orders" in second
    assert "resources: exchanges" in second
    assert EMPTY not in second
    assert renamed.returncode != 0
    assert "KAITONG_INSTALLATION is another, and its database is" in renamed.stderr
    assert secret_again == secret, "the databases' erased persons are not recognised any more"


@pytest.mark.parametrize("command", ["demo", "bench"])
def test_nothing_is_demonstrated_or_measured_on_engines_that_settings_name(command: str) -> None:
    answer = kaitong(command, KAITONG_KAFKA="127.0.0.1:1", KAITONG_DATABASE_ORDER="postgresql://x")

    assert answer.returncode == USAGE
    (line,) = answer.stderr.splitlines()
    assert "KAITONG_DATABASE_ORDER, KAITONG_KAFKA: this command runs on engines of its own" in line


def test_the_address_of_an_engine_is_shown_without_its_password() -> None:
    url = "postgresql+psycopg://kaitong_order:s3cret%40@db.example:5433/orders?password=other"

    assert address_without_secrets(url) == "db.example:5433/orders"
    assert address_without_secrets("a:9092,b:9092") == "a:9092,b:9092"
