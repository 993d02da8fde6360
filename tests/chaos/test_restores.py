"""A service's database is set back under orders: nothing is given twice, lost or told otherwise."""

import random
import time
from typing import Any

import pytest

from services.console.exits import CommandError
from services.console.invariants import at_rest, broken
from tests.chaos.restoring import Backup
from tests.chaos.topics import disorder, sightings
from tests.chaos.traffic import Traffic
from tests.flows.site import Site

PER_SECOND = 20
REST_S = 90.0
RECOVERY_S = 120.0


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
        site.until(lambda: is_recovered(site, service), patience_s=RECOVERY_S)
        rested = at_rest(site.record, REST_S)

    assert traffic.refused == []
    assert rested or broken(site.record, traffic.posted), "it never came to rest"
    assert broken(site.record, traffic.posted) == []
    assert disorder(sightings(site.record.kafka)) == []
    assert traffic.answered_otherwise() == []
    acknowledge(site, service)


def recoveries(site: Site, service: str) -> Any:
    """Return what a service says of its recoveries, the latest first."""
    return site.client("viewer").get(service, "/ops/v1/recoveries")


def is_recovered(site: Site, service: str) -> bool:
    """Tell whether a service has noticed that its database was set back, and made up for it."""
    try:
        found = recoveries(site, service)
    except CommandError:
        return False  # it starts again
    return bool(found) and found[0]["state"] == "done" and found[0]["acknowledged_at"] is None


def acknowledge(site: Site, service: str) -> None:
    """Have a person acknowledge the latest recovery: the trouble is over then."""
    (id_,) = [each["id"] for each in recoveries(site, service)][:1]
    site.client("ops").post(service, f"/ops/v1/recoveries/{id_}/acknowledge", {})
