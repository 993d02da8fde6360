"""kill -9 of every process in turn, under orders: nothing lost, nothing twice, order kept."""

from deploy.local.record import Line
from deploy.local.surroundings import is_ready
from services.console.invariants import at_rest, broken
from tests.chaos.topics import disorder, sightings
from tests.chaos.traffic import Traffic
from tests.flows.site import Site

VICTIMS = ("order", "provisioning", "resources", "customer", "elements", "kafka", "postgres")
ORDERS = 203
"""200 at least, the same number for each victim."""

REST_S = 60.0
LONG_S = 120.0
"""Seconds for a process to run again, on a machine that is busy with something else."""


def test_whoever_is_killed_nothing_is_lost_doubled_or_out_of_order(site: Site) -> None:
    traffic = Traffic.on(site)

    with traffic.crew():
        for victim in VICTIMS:
            with traffic.flowing(ORDERS // len(VICTIMS)):
                kill(site, victim)
        rested = at_rest(site.record, REST_S)

    assert traffic.refused == []
    assert len({each.order_id for each in traffic.posted}) == ORDERS
    assert rested or broken(site.record, traffic.posted), "it never came to rest"
    assert broken(site.record, traffic.posted) == []
    assert disorder(sightings(site.record.kafka)) == []


def kill(site: Site, name: str) -> None:
    """Kill a process with -9, and wait until another runs in its place."""
    before = line(site, name)
    process = before.life.process
    assert process
    process.kill()
    site.until(lambda: line(site, name).restarts > before.restarts, patience_s=LONG_S)
    if before.url:
        site.until(lambda: is_ready(before.url), patience_s=LONG_S)


def line(site: Site, name: str) -> Line:
    """Return what is known of a process now."""
    return next(each for each in site.record.lines if each.name == name)
