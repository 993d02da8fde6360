"""kill -9 of every process in turn, under orders: nothing lost, nothing twice, order kept."""

from deploy.local.process_environment import is_ready
from deploy.local.stack_record import ProcessRecord
from tests.chaos.topic_contents import out_of_order, read_topics
from tests.chaos.traffic import Traffic
from tests.flows.site import Site
from tools.verify import find_violations, wait_until_quiescent

SERVICES = ("order", "provisioning", "resources", "customer", "elements")
KILLED = (*SERVICES, "kafka", "postgres", "template")
"""The template last: all services end with it, at the same moment."""

ORDERS = 208
"""200 at least, the same number for each process."""

REST_S = 60.0
LONG_S = 120.0
"""Seconds for a process to run again, on a machine that is busy with something else."""


def test_whatever_process_is_killed_nothing_is_lost_doubled_or_out_of_order(site: Site) -> None:
    traffic = Traffic.on(site)

    with traffic.crew():
        for name in KILLED:
            with traffic.posting(ORDERS // len(KILLED)):
                kill(site, name)
        rested = wait_until_quiescent(site.record, REST_S)

    assert traffic.refused == []
    assert len({each.order_id for each in traffic.posted}) == ORDERS
    assert rested or find_violations(site.record, traffic.posted), "it never came to rest"
    assert find_violations(site.record, traffic.posted) == []
    assert out_of_order(read_topics(site.record.kafka)) == []


def kill(site: Site, name: str) -> None:
    """Kill a process with -9; wait until it and the processes that end with it have restarted."""
    ending = (name, *SERVICES) if name == "template" else (name,)
    first, *others = (process_record(site, each) for each in ending)
    assert first.life.process
    first.life.process.kill()
    for before in (first, *others):
        wait_for_restart(site, before)


def wait_for_restart(site: Site, before: ProcessRecord) -> None:
    """Wait until a process that has ended was restarted."""
    site.until(
        lambda: process_record(site, before.name).restarts > before.restarts, timeout_s=LONG_S
    )
    if before.url:
        site.until(lambda: is_ready(before.url), timeout_s=LONG_S)


def process_record(site: Site, name: str) -> ProcessRecord:
    """Return the current record of a process."""
    return next(each for each in site.record.lines if each.name == name)
