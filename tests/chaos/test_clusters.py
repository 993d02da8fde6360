"""A whole cluster is restored under orders: all services at once, in two common ways."""

import random
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple, TypeAlias

import pytest

from deploy.local import postgres, stack
from deploy.local.stack_record import SERVICES
from tests.chaos import clusters
from tests.chaos.long_run import LONG_RUN, long_run_only
from tests.chaos.mixed_traffic import MixedTraffic
from tests.chaos.recoveries import wait_for_recovery
from tests.chaos.restore_report import RestoreReport
from tests.chaos.round_results import (
    QUIESCENCE_TIMEOUT_S,
    PlannedRestore,
    RestoreResult,
    RoundResult,
    check_round,
)
from tests.chaos.stack_sequence import START_S
from tests.flows.site import Site, running
from tools.verify import wait_until_quiescent

pytestmark = long_run_only

TITLE = f"Clusters restored under {LONG_RUN.per_second:g} orders/s"
FILE = "tests/chaos/test_clusters.py"

LOST_S = (15.0, 30.0)
"""The shortest and the longest time that is lost: every service has something to recover."""

BEFORE_S = 2.0
"""Orders are posted for this long before the restore begins."""

ORDERS = 3000
"""More than are posted."""

NOTICE_S = 300.0


class LostSpan(NamedTuple):
    """The time span that a cluster lost, in seconds since 1970."""

    begins: float
    ends: float


RestoreCluster: TypeAlias = Callable[[float], LostSpan]
"""Restores a cluster to its state of a number of seconds ago."""


@pytest.fixture(scope="module")
def report() -> Iterator[RestoreReport]:
    """The report of both restores."""
    report = RestoreReport(LONG_RUN, TITLE, FILE)
    yield report
    report.close()


@pytest.fixture
def archive() -> Iterator[Path]:
    """A folder for the write-ahead log, which the cluster's user can write to."""
    folder = Path(tempfile.mkdtemp(prefix="kaitong-wal-"))
    clusters.hand_over(folder)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def site(tmp_path: Path, archive: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """A system whose cluster archives its write-ahead log, and streams it."""
    monkeypatch.setattr(stack, "TIMEOUT_S", START_S)
    monkeypatch.setattr(
        postgres, "SETTINGS", postgres.SETTINGS | clusters.archiving_settings(archive)
    )
    with running(tmp_path / "site") as found:
        yield found


def test_a_cluster_that_is_restored_to_a_moment_gives_nothing_twice(
    site: Site, archive: Path, report: RestoreReport
) -> None:
    def restore(lost_s: float) -> LostSpan:
        clusters.base_backup(site, base)
        time.sleep(BEFORE_S)
        moment = time.time()
        time.sleep(lost_s)
        clusters.archive_until_now(site, archive)
        clusters.prepare_recovery(clusters.utc(moment), base, archive)
        lost_at = clusters.replace_data(site, base)
        clusters.dsn_when_ready(site, clusters.cluster_of(site))
        return LostSpan(moment, lost_at)

    with clusters.owned_folder(site, "base") as base:
        outcome = restore_under_orders(site, "point-in-time recovery", restore, report)

    assert outcome.faults == []


def test_a_replica_that_lagged_and_is_promoted_gives_nothing_twice(
    site: Site, report: RestoreReport
) -> None:
    def restore(lost_s: float) -> LostSpan:
        clusters.base_backup(site, base, "--write-recovery-conf")
        with clusters.standby(site, base) as replica:
            time.sleep(5)
            replica.execute("ALTER SYSTEM SET primary_conninfo = ''")
            replica.execute("SELECT pg_reload_conf()")
            moment = time.time()
            time.sleep(lost_s)  # nothing is streamed meanwhile
        lost_at = clusters.replace_data(site, base)
        clusters.promote(site)
        return LostSpan(moment, lost_at)

    with clusters.owned_folder(site, "standby") as base:
        outcome = restore_under_orders(site, "promoted replica", restore, report)

    assert outcome.faults == []


def restore_under_orders(
    site: Site, name: str, restore: RestoreCluster, report: RestoreReport
) -> RoundResult:
    """Restore the cluster under orders; report the result, and return it."""
    lost_s = random.Random(f"{LONG_RUN.seed}/{name}").uniform(*LOST_S)  # noqa: S311
    traffic = MixedTraffic.on(site, ORDERS, seed=LONG_RUN.seed)
    with traffic.crew():
        with traffic.posting_at_rate(LONG_RUN.per_second):
            time.sleep(BEFORE_S)
            loss = restore(lost_s)
            restored = [
                RestoreResult(
                    PlannedRestore(each, BEFORE_S, lost_s),
                    *loss,
                    wait_for_recovery(site, each, loss.ends, NOTICE_S),
                )
                for each in SERVICES
            ]
        rested = wait_until_quiescent(site.record, QUIESCENCE_TIMEOUT_S)
    outcome = check_round(site, restored, traffic, rested=rested)
    undetected = [each.restore.service for each in restored if not each.recovery]
    faults = [*outcome.faults, *(f"{each} detected no loss" for each in undetected)]
    outcome = replace(outcome, faults=faults)
    report.add(site, name, outcome)
    return outcome
