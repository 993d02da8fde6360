"""The broker loses all its data while orders are under way: it and they come back by themselves."""

import shutil

from services.console.invariants import at_rest, broken
from tests.chaos.test_kills import line
from tests.chaos.topics import disorder, sightings
from tests.chaos.traffic import Traffic
from tests.flows.site import Site

ORDERS = 45
REST_S = 180.0


def test_a_broker_whose_data_are_deleted_comes_back_and_every_order_completes(site: Site) -> None:
    traffic = Traffic.on(site)
    kafka = site.stack.kafka
    assert kafka
    before = line(site, "kafka").restarts

    with traffic.crew():
        with traffic.flowing(ORDERS):
            shutil.rmtree(kafka.folder / "data")
            kafka.kill()
            site.until(lambda: line(site, "kafka").restarts > before, patience_s=60)
            site.until(kafka.answers, patience_s=60)
        rested = at_rest(site.record, REST_S)

    assert traffic.refused == []
    assert len({each.order_id for each in traffic.posted}) == ORDERS
    assert rested or broken(site.record, traffic.posted), "it never came to rest"
    assert broken(site.record, traffic.posted) == []
    assert disorder(sightings(site.record.kafka)) == []
