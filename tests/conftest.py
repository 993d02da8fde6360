"""Fixtures that every test may use: one real PostgreSQL and one real Kafka for the whole run.

Of a run in several processes each has a PostgreSQL of its own, and all have one Kafka.
"""

import gc
import os
import shutil
import tempfile
from collections.abc import Callable, Generator, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from sqlalchemy import create_engine, text
from xdist.scheduler import LoadScopeScheduling
from xdist.workermanage import WorkerController

from deploy.local.existing_engines import configured_engine_addresses
from deploy.local.kafka import Kafka, start_kafka
from deploy.local.postgres import Postgres, start_postgres
from shared.config.settings import Settings
from shared.persistence.database import Sessions, make_sessions
from shared.persistence.migrate import migrate
from tests.chaos.failure_artifacts import save_artifacts_of_failed
from tests.flows.site import Site, running
from tests.own_topics import own_topics

gc.set_threshold(50_000)
"""Objects between two cycle collections, as in a service: the default costs a tenth of all CPU."""

STARTED = datetime.now(UTC)
MIDNIGHT = STARTED.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
NOON = MIDNIGHT if MIDNIGHT.replace(hour=12) > STARTED else MIDNIGHT.replace(hour=12)
"""The time in tests: in this month, whose partitions are there, and never in the future, so that
processes with a clock of their own find due what is due now. On the first of a month it is midnight
until noon has passed."""

hypothesis.settings.register_profile(
    "kaitong",
    deadline=None,
    print_blob=True,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("kaitong")
"""No deadlines: the machine may be busy with something else."""

SERVICES = ("order", "provisioning", "resources", "customer")

for _setting in configured_engine_addresses(SERVICES):
    del os.environ[_setting]
"""Tests bring their own engines, and never touch those that settings name."""


@pytest.fixture(scope="session")
def folder() -> Iterator[Path]:
    """A folder for all files of the run."""
    path = Path(tempfile.mkdtemp(prefix="kaitong-tests-"))
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres(folder: Path) -> Iterator[Postgres]:
    """A PostgreSQL server, started for this run."""
    server = start_postgres(folder / "postgres", fsync=False)
    yield server
    server.remove()


BROKER = pytest.StashKey[Kafka]()
"""The broker of a run in several processes."""

KAFKA_FOLDER = "kafka"
"""The key under which a process gets the folder of that broker."""


def pytest_configure_node(node: Any) -> None:
    """Start the broker of the run before its first process, and pass its folder to each."""
    stash = node.config.stash
    if BROKER not in stash:
        stash[BROKER] = start_kafka(Path(tempfile.mkdtemp(prefix="kaitong-tests-kafka-")))
    node.workerinput[KAFKA_FOLDER] = str(stash[BROKER].folder)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop that broker."""
    if broker := config.stash.get(BROKER, None):
        broker.stop()
        shutil.rmtree(broker.folder)


@pytest.fixture(scope="session")
def kafka(folder: Path, request: pytest.FixtureRequest) -> Iterator[Kafka]:
    """A Kafka broker for all tests of this run, which none of them may stop."""
    shared = getattr(request.config, "workerinput", {}).get(KAFKA_FOLDER)
    if shared:
        yield start_kafka(Path(shared))
        return
    broker = start_kafka(folder / "kafka")
    yield broker
    broker.stop()


SHARED_SYSTEMS = {
    "tests/bench/": "system",
    "tests/console/": "system",
    "tests/flows/": "system",
    "tests/chaos/": "chaos",
}
"""Folders whose tests share a running system, and the name of it: chaos is the one with faults."""

OWN_SYSTEM = frozenset(
    {
        "tests/chaos/test_full_disks.py",
        "tests/flows/test_demo.py",
        "tests/flows/test_existing.py",
    }
)
"""Files in these folders whose tests start a system of their own."""


class SharedSystemScheduling(LoadScopeScheduling):  # type: ignore[misc]  # untyped
    """Distributes tests to processes, so that tests which share engines stay together.

    The last process begins at the end, with the kernel's tests, which wait for time-outs, because
    the others begin with whole systems under orders, which use all CPUs.
    """

    def _assign_work_unit(self, node: WorkerController) -> None:
        """Give a process its next tests."""
        if node is self.nodes[-1]:
            self.workqueue.move_to_end(next(reversed(self.workqueue)), last=False)
        super()._assign_work_unit(node)

    def _split_scope(self, nodeid: str) -> str:
        """Return the scope of a test: its file, or the system that it shares."""
        file = nodeid.partition("::")[0]
        shared = (system for folder, system in SHARED_SYSTEMS.items() if file.startswith(folder))
        return file if file in OWN_SYSTEM else next(shared, file)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> SharedSystemScheduling:
    """Return how tests are distributed in a run of several processes."""
    return SharedSystemScheduling(config, log)


class Databases(dict[str, Sessions]):
    """A migrated database for each service that is asked for."""

    def __init__(self, server: str) -> None:
        super().__init__()
        self._server = server

    def __missing__(self, service: str) -> Sessions:
        """Make it."""
        url = f"{self._server}/test_{service}"
        admin = create_engine(f"{self._server}/postgres", isolation_level="AUTOCOMMIT")
        with admin.connect() as connection:
            connection.execute(text(f"CREATE DATABASE test_{service}"))
        admin.dispose()
        migrate(service, url)
        self[service] = make_sessions(url)
        return self[service]


@pytest.fixture(scope="session")
def databases(postgres: Postgres) -> Iterator[dict[str, Sessions]]:
    """The databases of the services, each made when it is first asked for."""
    made = Databases(postgres.url)
    yield made
    for sessions in made.values():
        sessions.kw["bind"].dispose()


@pytest.fixture
def service_name(request: pytest.FixtureRequest) -> str:
    """The service under test: the name of the test's folder below this one."""
    folder = request.path.relative_to(Path(__file__).parent).parts[0]
    return folder if folder in SERVICES else "order"


@pytest.fixture
def sessions(databases: dict[str, Sessions], service_name: str) -> Sessions:
    """An empty database of the service under test."""
    found = databases[service_name]
    delete_all_rows(found)
    return found


EMPTY = """
DO $$
DECLARE
    name text;
    is_full boolean;
BEGIN
    FOR name IN
        SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND NOT relispartition
        AND relnamespace = 'public'::regnamespace AND relname <> 'alembic_version'
    LOOP
        EXECUTE format('SELECT EXISTS (SELECT FROM %I)', name) INTO is_full;
        IF is_full THEN
            SET LOCAL session_replication_role = replica;  -- no triggers
            EXECUTE format('DELETE FROM %I', name);
        END IF;
    END LOOP;
END $$"""
"""In one statement: every test of a store begins with it."""


def delete_all_rows(sessions: Sessions) -> None:
    """Remove all rows, and nothing else. A truncation would make new files of every table."""
    with sessions.begin() as session:
        session.execute(text(EMPTY))


@pytest.fixture
def settings(kafka: Kafka, postgres: Postgres, service_name: str, tmp_path: Path) -> Settings:
    """Settings of the service under test, on this run's engines, with topics of its own."""
    environment = {
        f"KAITONG_DATABASE_{service_name.upper()}": f"{postgres.url}/test_{service_name}",
        "KAITONG_KAFKA": kafka.bootstrap_address,
        "KAITONG_INSTALLATION": "tests",
        "KAITONG_TOPIC_PREFIX": f"t{os.getpid()}.{tmp_path.name}.",
        "KAITONG_HOME": str(tmp_path),
        "KAITONG_HTTP_PORT": "0",
    }
    return Settings.from_environment(service_name, environment)


@pytest.fixture
def topics(settings: Settings) -> Iterator[None]:
    """Topics of this test's own."""
    with own_topics(settings):
        yield


STOP_SITE = pytest.StashKey[Callable[[], None]]()
"""Ends the system that tests share."""


@pytest.fixture(scope="session")
def site(folder: Path, request: pytest.FixtureRequest) -> Iterator[Site]:
    """The whole system on engines of its own, started for tests in a row that use it."""
    fixture: Any = request._fixturedef  # type: ignore[attr-defined]  # noqa: SLF001
    end: Callable[[], None] = partial(fixture.finish, request)
    request.config.stash[STOP_SITE] = end
    with running(Path(tempfile.mkdtemp(dir=folder)) / "site") as found:
        yield found


def uses_site(item: pytest.Item) -> bool:
    """Tell whether a test uses the system that tests share."""
    return "site" in getattr(item, "fixturenames", ())


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the tests that use the system in a row, before the others."""
    items.sort(key=uses_site, reverse=True)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, Any, Any]:
    """Save the artifacts of a failed test of the shared system, and report where they are."""
    report = yield
    if report.when == "call" and report.failed and uses_site(item):
        artifacts = save_artifacts_of_failed(item.funcargs["site"])  # type: ignore[attr-defined]
        report.sections.append(("Artifacts of the failure", artifacts))
    return report


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """Stop the shared system after the last test in a row that uses it: it needs CPU when idle."""
    is_last = nextitem and uses_site(item) and not uses_site(nextitem)
    if is_last and STOP_SITE in item.config.stash:
        item.config.stash[STOP_SITE]()
