"""The broker loses all its data under orders: it recovers, and every order completes."""

import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from deploy.local.stack_record import SERVICES
from shared.messaging.recreated_topics import CHECK_INTERVAL
from tests.chaos.test_kills import LONG_S, process_record
from tests.chaos.topic_contents import out_of_order_after_wipe, read_topics
from tests.chaos.traffic import Traffic
from tests.flows.site import Site, running
from tests.suspension import suspend
from tools.verify import find_violations, wait_until_quiescent

ORDERS = 45
REST_S = 180.0
SOON_S = CHECK_INTERVAL.total_seconds() - 10
"""Less than the interval in which a process checks whether its topics were recreated."""


@pytest.fixture
def own_site(tmp_path: Path) -> Iterator[Site]:
    """A system whose topics no other test looks at."""
    with running(tmp_path / "site") as found:
        yield found


def test_a_broker_whose_data_are_deleted_comes_back_and_every_order_completes(
    own_site: Site,
) -> None:
    site = own_site
    traffic = Traffic.on(site)
    kafka = site.stack.kafka
    assert kafka
    before = {name: process_record(site, name).restarts for name in ("kafka", *SERVICES)}

    with traffic.crew():
        with traffic.posting(ORDERS):
            suspend(kafka.server)  # or it writes to the folder that is being deleted
            shutil.rmtree(kafka.folder / "data")
            kafka.kill()
            site.until(lambda: process_record(site, "kafka").restarts > before["kafka"], LONG_S)
            site.until(lambda: all(have_restarted(site, before)), SOON_S)
            site.until_serving(LONG_S)
        rested = wait_until_quiescent(site.record, REST_S)

    assert traffic.refused == []
    assert len({each.order_id for each in traffic.posted}) == ORDERS
    assert rested or find_violations(site.record, traffic.posted), "it never came to rest"
    assert find_violations(site.record, traffic.posted) == []
    assert out_of_order_after_wipe(read_topics(site.record.kafka)) == []


def have_restarted(site: Site, before: Mapping[str, int]) -> Iterator[bool]:
    """Yield for each process whether it restarted: services restart when topics are recreated."""
    return (process_record(site, name).restarts > restarts for name, restarts in before.items())
