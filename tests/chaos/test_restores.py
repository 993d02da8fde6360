"""A service's database is set back under orders: nothing is given twice, lost or told otherwise."""

import random
import time
from typing import Any

import pytest

from services.console.invariants import at_rest, broken
from tests.chaos.restoring import Backup
from tests.chaos.topics import disorder, sightings
from tests.chaos.traffic import Traffic
from tests.flows.site import Site

PER_SECOND = 20
REST_S = 90.0


@pytest.mark.parametrize("service", ["order", "provisioning", "resources", "customer"])
def test_a_database_that_is_set_back_under_orders_costs_nothing_and_gives_nothing_twice(
    site: Site, service: str
) -> None:
    chance = random.Random(service)  # noqa: S311  the same moments in every run
    traffic = Traffic.on(site)
    lost_s = chance.uniform(1, 4)

    with traffic.crew():
        with traffic.flowing(round(PER_SECOND * (lost_s + 4))):
            backup = Backup.take(site, service)
            time.sleep(lost_s)  # the time that is lost: what happens in it is the test
            backup.restore()
        rested = at_rest(site.record, REST_S)

    assert traffic.refused == []
    assert rested or broken(site.record, traffic.posted), "it never came to rest"
    assert broken(site.record, traffic.posted) == []
    assert disorder(sightings(site.record.kafka)) == []
    assert recoveries(site, service)


def recoveries(site: Site, service: str) -> Any:
    """Return what a service says of its recoveries."""
    return site.client("viewer").get(service, "/ops/v1/recoveries")
