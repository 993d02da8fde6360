"""The broker loses all its data while orders are under way: it and they come back by themselves."""

import shutil
from collections.abc import Iterator, Mapping

from deploy.local.stack import SERVICES
from services.console.invariants import at_rest, broken
from shared.messaging.topic_watch import LOOK_AGAIN
from tests.chaos.test_kills import LONG_S, line
from tests.chaos.topics import disorder, sightings
from tests.chaos.traffic import Traffic
from tests.flows.site import Site

ORDERS = 45
REST_S = 180.0
SOON_S = LOOK_AGAIN.total_seconds() - 10
"""Sooner than a process looks by itself whether its topics were made anew."""


def test_a_broker_whose_data_are_deleted_comes_back_and_every_order_completes(site: Site) -> None:
    traffic = Traffic.on(site)
    kafka = site.stack.kafka
    assert kafka
    before = {name: line(site, name).restarts for name in ("kafka", *SERVICES)}

    with traffic.crew():
        with traffic.flowing(ORDERS):
            kafka.server.suspend()  # or it writes to the folder that is being deleted
            shutil.rmtree(kafka.folder / "data")
            kafka.kill()
            site.until(lambda: line(site, "kafka").restarts > before["kafka"], LONG_S)
            site.until(lambda: all(have_begun_anew(site, before)), SOON_S)
            site.until_serving(LONG_S)
        rested = at_rest(site.record, REST_S)

    assert traffic.refused == []
    assert len({each.order_id for each in traffic.posted}) == ORDERS
    assert rested or broken(site.record, traffic.posted), "it never came to rest"
    assert broken(site.record, traffic.posted) == []
    assert disorder(sightings(site.record.kafka)) == []


def have_begun_anew(site: Site, before: Mapping[str, int]) -> Iterator[bool]:
    """Tell of each process whether it runs anew: services begin anew with their topics."""
    return (line(site, name).restarts > restarts for name, restarts in before.items())
