"""The control of the restores: databases are set back under services without their recovery."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from deploy.local.stack import Stack
from services.console.invariants import INVARIANTS, broken
from services.console.invariants.evidence import gather
from tests.chaos import unrecovered
from tests.chaos.restoring import Backup, count
from tests.chaos.traffic import Traffic
from tests.flows.site import Site, running

LOSSES = (("provisioning", "customer"), ("order", "resources"))
"""The services, whose recovery is taken out, in the order in which their databases are set back:
the order service still has the orders of which provisioning lost the plans."""

WITHOUT = frozenset(service for services in LOSSES for service in services)

BROKEN = (
    "every 201 is there",
    "every order has a plan",
    "no number or line has two holders",
    "customers' views are the fold of what was told",
)
"""What does not hold then, for certain: accepted orders are gone, others are not read once more
and have no plan nor a place in a view, and what was assigned in the lost time is the lowest that
is free again. The views come last, since checking them reads the view of every customer: they are
checked when the three others are already broken."""

LOST = 10
"""So many orders at least are accepted in the lost time, and so many assigned; and after it."""

ORDERS = 1000
"""More than are posted."""

TIMEOUT_S = 120.0
ASSIGNED = "SELECT count(*) FROM outbox WHERE type LIKE 'resources.assigned.%'"


class WithoutRecovery(Stack):
    """A Kaitong whose services find every database whole."""

    def command_of(self, name: str, *words: str) -> list[str]:
        """Return the module that runs a service, without its recovery, and its arguments."""
        without = [unrecovered.__name__, name, *words]
        return without if name in WITHOUT else super().command_of(name, *words)


def what_breaks(folder: Path, per_second: float) -> Sequence[str]:
    """Set databases back without a recovery; return all that is wrong, once what must be is.

    Args:
        folder: where the system lives: a new one.
        per_second: how many orders are posted.
    """
    with running(folder, WithoutRecovery) as site:
        traffic = Traffic.on(site, ORDERS)
        with traffic.crew():
            with traffic.steady(per_second):
                for services in LOSSES:
                    lose(traffic, services)
            site.until(lambda: is_broken(site, traffic), TIMEOUT_S)
            return broken(site.record, traffic.posted)


def lose(traffic: Traffic, services: Sequence[str]) -> None:
    """Set databases back; a few orders are accepted and assigned in the lost time, and after it."""
    backups = [Backup.take(traffic.site, each) for each in services]
    for each in backups:
        each.restore()
    wait_for_more(traffic.site, traffic)
    for each in backups:
        each.put_in_place()
    wait_for_more(traffic.site, traffic)


def is_broken(site: Site, traffic: Traffic) -> bool:
    """Tell whether all is broken that must be."""
    with gather(site.record, traffic.posted) as evidence:
        return all(any(INVARIANTS[name](evidence)) for name in BROKEN)


def tally(faults: Sequence[str]) -> Counter[str]:
    """Return how many faults each invariant has."""
    return Counter(each.partition(":")[0] for each in faults)


def wait_for_more(site: Site, traffic: Traffic) -> None:
    """Wait until a few more orders were accepted, and things assigned to a few."""
    posted, assigned = len(traffic.posted), count(site, "resources", ASSIGNED)
    site.until(lambda: len(traffic.posted) >= posted + LOST, TIMEOUT_S)
    site.until(lambda: count(site, "resources", ASSIGNED) >= assigned + LOST, TIMEOUT_S)
