"""Full disks under orders: everything waits or restarts, and continues once there is space."""

import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from deploy.local import stack_record, supervised_process
from deploy.local.databases import superuser_dsn
from deploy.local.postgres import start_postgres
from deploy.local.stack import Stack
from services.console.client import ensure_keys_folder
from shared.observability.troubles import TroubleKind
from tests.chaos.test_kills import kill, process_record
from tests.chaos.topic_contents import out_of_order, read_topics
from tests.chaos.traffic import Traffic
from tests.disks import Disk, disk, moved_to_disk
from tests.flows.site import Site
from tests.flows.trouble_reports import status_of
from tools.verify import find_violations, wait_until_quiescent

ORDERS = 30
REST_S = 180.0
LONG_S = 120.0
PAUSE_S = 2.0
"""The longest pause before an engine is started again; half a minute elsewhere."""

LARGE, SMALL = 600, 64
"""Megabytes."""


@dataclass(frozen=True)
class SmallDisks:
    """The whole system, with each kind of data on a disk of its own."""

    site: Site
    home: Disk
    """With logs, the state of the processes, the supervisor's record, the temporary folder."""

    postgres: Disk
    kafka: Disk


@pytest.fixture(scope="module")
def small_disks(folder: Path) -> Iterator[SmallDisks]:
    """The whole system on small disks."""
    place = folder / "cramped"
    with ExitStack() as stack:
        home = stack.enter_context(disk(place, SMALL))
        postgres = stack.enter_context(cluster_disk(place / "postgres"))
        kafka = stack.enter_context(disk(place / "kafka" / "data", LARGE))
        stack.enter_context(temporary_folder(place / "tmp"))
        stack.enter_context(pytest.MonkeyPatch.context()).setattr(
            supervised_process, "MAX_BACKOFF_S", PAUSE_S
        )
        ensure_keys_folder(place)
        site = Site(Stack.start(place, fsync=False))
        stack.callback(site.stack.purge)
        stack.callback(site.close)
        yield SmallDisks(site, home, postgres, kafka)


@contextmanager
def cluster_disk(folder: Path) -> Iterator[Disk]:
    """Create a cluster, and put its data on a disk until the block ends."""
    cluster = start_postgres(folder, fsync=False)
    cluster.stop()
    with moved_to_disk(cluster.data, LARGE) as found:
        yield found
    shutil.rmtree(cluster.data)


@contextmanager
def temporary_folder(place: Path) -> Iterator[None]:
    """Make started processes keep temporary files there."""
    place.mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TMPDIR", str(place))
        yield


def test_postgresql_whose_disk_is_full_ends_and_comes_back_and_every_order_completes(
    small_disks: SmallDisks,
) -> None:
    site, traffic = small_disks.site, Traffic.on(small_disks.site)
    (late,), before = traffic.orders(1), process_record(site, "postgres").restarts

    with traffic.crew():
        with traffic.posting(ORDERS):
            small_disks.postgres.fill()
            exhaust_write_ahead_log(site)
            site.until(lambda: process_record(site, "postgres").restarts > before, LONG_S)
            site.until(lambda: TroubleKind.DATABASE_OUT in kinds(site), LONG_S)
            refused = site.post(late)
            small_disks.postgres.free()
            site.until(lambda: TroubleKind.DATABASE_OUT not in kinds(site), LONG_S)
            traffic.post(late)
        rested = wait_until_quiescent(site.record, REST_S)

    assert refused.status_code == 503
    assert_nothing_is_lost(site, traffic, rested=rested, orders=ORDERS + 1)


def exhaust_write_ahead_log(site: Site) -> None:
    """Write until PostgreSQL's write-ahead log runs out of room."""
    postgres = site.stack.postgres
    assert postgres
    with suppress(psycopg.OperationalError):  # it panics
        while True:
            with psycopg.connect(superuser_dsn(postgres), autocommit=True) as connection:
                connection.execute(
                    "SELECT pg_logical_emit_message(false, 'fill', repeat('x', 1000000))"
                )


def test_kafka_whose_disk_is_full_ends_and_comes_back_and_every_order_completes(
    small_disks: SmallDisks,
) -> None:
    site, traffic = small_disks.site, Traffic.on(small_disks.site)
    before = process_record(site, "kafka").restarts

    with traffic.crew():
        with traffic.posting(ORDERS):
            small_disks.kafka.fill()
            site.until(lambda: process_record(site, "kafka").restarts > before, LONG_S)
            site.until(lambda: len(traffic.posted) == ORDERS, LONG_S)
            small_disks.kafka.free()
            site.until(lambda: TroubleKind.BROKER_OUT not in kinds(site), LONG_S)
        rested = wait_until_quiescent(site.record, REST_S)

    assert_nothing_is_lost(site, traffic, rested=rested)


def test_without_room_for_logs_state_and_temporary_files_orders_complete_and_processes_restart(
    small_disks: SmallDisks,
) -> None:
    site, traffic = small_disks.site, Traffic.on(small_disks.site)
    pid_before = recorded_pid(site)

    with traffic.crew():
        small_disks.home.fill()
        with traffic.posting(ORDERS):
            kill(site, "order")
        rested = wait_until_quiescent(site.record, REST_S)
    while_full = kinds(site)
    small_disks.home.free()

    assert_nothing_is_lost(site, traffic, rested=rested)
    assert TroubleKind.LOG_UNWRITABLE in while_full
    now = process_record(site, "order").life.pid
    assert now != pid_before
    site.until(lambda: recorded_pid(site) == now, LONG_S)
    site.until(lambda: TroubleKind.LOG_UNWRITABLE not in kinds(site), LONG_S)


def recorded_pid(site: Site) -> int:
    """Return the pid that `kaitong status` shows for the order service."""
    found = stack_record.read(site.home)
    return next(each.life.pid for each in found.lines if each.name == "order") if found else 0


def kinds(site: Site) -> set[TroubleKind]:
    """Return the kinds of trouble that status names."""
    return {each.trouble.kind for each in status_of(site).troubles}


def assert_nothing_is_lost(
    site: Site, traffic: Traffic, *, rested: bool, orders: int = ORDERS
) -> None:
    """Check that every order was answered and completed, and all invariants."""
    assert traffic.refused == []
    assert len({each.order_id for each in traffic.posted}) == orders
    assert rested or find_violations(site.record, traffic.posted), "it never came to rest"
    assert find_violations(site.record, traffic.posted) == []
    assert out_of_order(read_topics(site.record.kafka)) == []
