"""A whole cluster is set back under orders: all services at once, in two ways that people do it."""

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from deploy.local import postgres, stack
from deploy.local.stack import SERVICES
from services.console.invariants import at_rest
from tests.chaos import clusters
from tests.chaos.asked import ASKED, long
from tests.chaos.outcomes import REST_S, faults
from tests.chaos.recoveries import acknowledge, recovered
from tests.chaos.stacks import START_S
from tests.chaos.traffic import Traffic
from tests.flows.site import Site, running

pytestmark = long

LOST_S = 20.0
ORDERS = 2000
"""More than are posted."""

NOTICE_S = 300.0


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
    monkeypatch.setattr(postgres, "SETTINGS", postgres.SETTINGS | clusters.archiving(archive))
    with running(tmp_path / "site") as found:
        yield found


def test_a_cluster_that_is_restored_to_a_moment_gives_nothing_twice(
    site: Site, archive: Path
) -> None:
    def set_back() -> float:
        clusters.base_backup(site, base)
        time.sleep(2)
        moment = time.time()
        time.sleep(LOST_S)
        clusters.archive_until_now(site, archive)
        clusters.restore_to(clusters.utc(moment), base, archive)
        lost_at = clusters.put_in_place(site, base)
        clusters.dsn_when_ready(site, clusters.the_cluster(site))
        return lost_at

    with clusters.owned_folder(site, "base") as base:
        assert what_it_breaks(site, set_back) == []


def test_a_replica_that_lagged_and_is_promoted_gives_nothing_twice(site: Site) -> None:
    def set_back() -> float:
        clusters.base_backup(site, base, "--write-recovery-conf")
        with clusters.standby(site, base) as replica:
            time.sleep(5)
            replica.execute("ALTER SYSTEM SET primary_conninfo = ''")
            replica.execute("SELECT pg_reload_conf()")
            time.sleep(LOST_S)  # nothing is streamed meanwhile
        lost_at = clusters.put_in_place(site, base)
        clusters.promote(site)
        return lost_at

    with clusters.owned_folder(site, "standby") as base:
        assert what_it_breaks(site, set_back) == []


def what_it_breaks(site: Site, set_back: Callable[[], float]) -> list[str]:
    """Set the cluster back under orders; return all that is wrong at rest."""
    traffic = Traffic.on(site, ORDERS)
    with traffic.crew():
        with traffic.steady(ASKED.per_second):
            time.sleep(2)
            lost_at = set_back()
            found = {each: recovered(site, each, lost_at, NOTICE_S) for each in SERVICES}
        rested = at_rest(site.record, REST_S)
    wrong = [*([] if rested else ["it never came to rest"]), *faults(site, traffic)]
    wrong += [f"{each} saw nothing to recover" for each in SERVICES if not found[each]]
    for service, recovery in found.items():
        if recovery:
            acknowledge(site, service, recovery["id"])
    return wrong
