"""Disks that are full under orders: all waits or comes back, and goes on once there is room."""

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
from services.console.client import make_keys
from shared.observability.troubles import TroubleKind
from tests.chaos.test_kills import kill, line
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
class Cramped:
    """The whole system, with each kind of data on a disk of its own."""

    site: Site
    home: Disk
    """With logs, the state of the processes, the supervisor's record, the temporary folder."""

    postgres: Disk
    kafka: Disk


@pytest.fixture(scope="module")
def cramped(folder: Path) -> Iterator[Cramped]:
    """The whole system on small disks."""
    place = folder / "cramped"
    with ExitStack() as ends:
        home = ends.enter_context(disk(place, SMALL))
        postgres = ends.enter_context(a_clusters_disk(place / "postgres"))
        kafka = ends.enter_context(disk(place / "kafka" / "data", LARGE))
        ends.enter_context(temporary(place / "tmp"))
        ends.enter_context(pytest.MonkeyPatch.context()).setattr(
            supervised_process, "MAX_BACKOFF_S", PAUSE_S
        )
        make_keys(place)
        site = Site(Stack.start(place, fsync=False))
        ends.callback(site.stack.purge)
        ends.callback(site.close)
        yield Cramped(site, home, postgres, kafka)


@contextmanager
def a_clusters_disk(folder: Path) -> Iterator[Disk]:
    """Make a cluster, and put its data on a disk until the block ends."""
    cluster = start_postgres(folder, fsync=False)
    cluster.stop()
    with moved_to_disk(cluster.data, LARGE) as found:
        yield found
    shutil.rmtree(cluster.data)


@contextmanager
def temporary(place: Path) -> Iterator[None]:
    """Have what is started keep temporary files there."""
    place.mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TMPDIR", str(place))
        yield


def test_postgresql_whose_disk_is_full_ends_and_comes_back_and_every_order_completes(
    cramped: Cramped,
) -> None:
    site, traffic = cramped.site, Traffic.on(cramped.site)
    (late,), before = traffic.orders(1), line(site, "postgres").restarts

    with traffic.crew():
        with traffic.posting(ORDERS):
            cramped.postgres.fill()
            use_up_its_log(site)
            site.until(lambda: line(site, "postgres").restarts > before, LONG_S)
            site.until(lambda: TroubleKind.DATABASE_OUT in kinds(site), LONG_S)
            meanwhile = site.post(late)
            cramped.postgres.free()
            site.until(lambda: TroubleKind.DATABASE_OUT not in kinds(site), LONG_S)
            traffic.post(late)
        rested = wait_until_quiescent(site.record, REST_S)

    assert meanwhile.status_code == 503
    assert_nothing_is_lost(site, traffic, rested=rested, orders=ORDERS + 1)


def use_up_its_log(site: Site) -> None:
    """Have PostgreSQL write until its write-ahead log needs room that there is not."""
    postgres = site.stack.postgres
    assert postgres
    with suppress(psycopg.OperationalError):  # it panics
        while True:
            with psycopg.connect(superuser_dsn(postgres), autocommit=True) as connection:
                connection.execute(
                    "SELECT pg_logical_emit_message(false, 'fill', repeat('x', 1000000))"
                )


def test_kafka_whose_disk_is_full_ends_and_comes_back_and_every_order_completes(
    cramped: Cramped,
) -> None:
    site, traffic = cramped.site, Traffic.on(cramped.site)
    before = line(site, "kafka").restarts

    with traffic.crew():
        with traffic.posting(ORDERS):
            cramped.kafka.fill()
            site.until(lambda: line(site, "kafka").restarts > before, LONG_S)
            site.until(lambda: len(traffic.posted) == ORDERS, LONG_S)
            cramped.kafka.free()
            site.until(lambda: TroubleKind.BROKER_OUT not in kinds(site), LONG_S)
        rested = wait_until_quiescent(site.record, REST_S)

    assert_nothing_is_lost(site, traffic, rested=rested)


def test_without_room_for_logs_state_and_temporary_files_orders_complete_and_who_dies_comes_back(
    cramped: Cramped,
) -> None:
    site, traffic = cramped.site, Traffic.on(cramped.site)
    written = pid_written_down(site)

    with traffic.crew():
        cramped.home.fill()
        with traffic.posting(ORDERS):
            kill(site, "order")
        rested = wait_until_quiescent(site.record, REST_S)
    logless = kinds(site)
    cramped.home.free()

    assert_nothing_is_lost(site, traffic, rested=rested)
    assert TroubleKind.LOG_UNWRITABLE in logless
    now = line(site, "order").life.pid
    assert now != written
    site.until(lambda: pid_written_down(site) == now, LONG_S)
    site.until(lambda: TroubleKind.LOG_UNWRITABLE not in kinds(site), LONG_S)


def pid_written_down(site: Site) -> int:
    """Return which process `kaitong status` takes for the order service."""
    found = stack_record.read(site.home)
    return next(each.life.pid for each in found.lines if each.name == "order") if found else 0


def kinds(site: Site) -> set[TroubleKind]:
    """Return the kinds of trouble that status names."""
    return {each.trouble.kind for each in status_of(site).troubles}


def assert_nothing_is_lost(
    site: Site, traffic: Traffic, *, rested: bool, orders: int = ORDERS
) -> None:
    """See that every order was answered and completed, and all else that must be true."""
    assert traffic.refused == []
    assert len({each.order_id for each in traffic.posted}) == orders
    assert rested or find_violations(site.record, traffic.posted), "it never came to rest"
    assert find_violations(site.record, traffic.posted) == []
    assert out_of_order(read_topics(site.record.kafka)) == []
