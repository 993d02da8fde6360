"""The control of the restores: databases are set back under services without their recovery."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from deploy.local.stack import Stack
from tests.chaos import service_without_recovery
from tests.chaos.database_restore import Backup, count
from tests.chaos.traffic import Traffic
from tests.flows.site import Site, running
from tools.verify import INVARIANTS, find_violations
from tools.verify.evidence import gather

RESTORED_TOGETHER = (("provisioning", "customer"), ("order", "resources"))
"""The services, whose recovery is taken out, in the order in which their databases are set back:
the order service still has the orders of which provisioning lost the plans."""

SERVICES_WITHOUT_RECOVERY = frozenset(
    service for services in RESTORED_TOGETHER for service in services
)

EXPECTED_VIOLATIONS = (
    "every 201 is there",
    "every order has a plan",
    "no number or line has two holders",
    "customers' views are the fold of what was told",
)
"""What does not hold then, for certain: accepted orders are gone, others are not read once more
and have no plan nor a place in a view, and what was assigned in the lost time is the lowest that
is free again. The views come last, since checking them reads the view of every customer: they are
checked when the three others are already broken."""

MIN_LOST_ORDERS = 10
"""So many orders at least are accepted in the lost time, and so many assigned; and after it."""

ORDERS = 1000
"""More than are posted."""

TIMEOUT_S = 120.0
ASSIGNED = "SELECT count(*) FROM outbox WHERE type LIKE 'resources.assigned.%'"


class StackWithoutRecovery(Stack):
    """A Kaitong whose services find every database whole."""

    def command_of(self, name: str, *words: str) -> list[str]:
        """Return the module that runs a service, without its recovery, and its arguments."""
        without = [service_without_recovery.__name__, name, *words]
        return without if name in SERVICES_WITHOUT_RECOVERY else super().command_of(name, *words)


def violations_without_recovery(folder: Path, per_second: float) -> Sequence[str]:
    """Set databases back without a recovery; return all that is wrong, once what must be is.

    Args:
        folder: where the system lives: a new one.
        per_second: how many orders are posted.
    """
    with running(folder, StackWithoutRecovery) as site:
        traffic = Traffic.on(site, ORDERS)
        with traffic.crew():
            with traffic.posting_at_rate(per_second):
                for services in RESTORED_TOGETHER:
                    lose_changes(traffic, services)
            site.until(lambda: all_expected_are_violated(site, traffic), TIMEOUT_S)
            return find_violations(site.record, traffic.posted)


def lose_changes(traffic: Traffic, services: Sequence[str]) -> None:
    """Set databases back; a few orders are accepted and assigned in the lost time, and after it."""
    backups = [Backup.take(traffic.site, each) for each in services]
    for each in backups:
        each.restore()
    wait_for_more(traffic.site, traffic)
    for each in backups:
        each.swap_in()
    wait_for_more(traffic.site, traffic)


def all_expected_are_violated(site: Site, traffic: Traffic) -> bool:
    """Tell whether all is broken that must be."""
    with gather(site.record, traffic.posted) as evidence:
        return all(any(INVARIANTS[name](evidence)) for name in EXPECTED_VIOLATIONS)


def count_by_invariant(faults: Sequence[str]) -> Counter[str]:
    """Return how many faults each invariant has."""
    return Counter(each.partition(":")[0] for each in faults)


def wait_for_more(site: Site, traffic: Traffic) -> None:
    """Wait until a few more orders were accepted, and things assigned to a few."""
    posted, assigned = len(traffic.posted), count(site, "resources", ASSIGNED)
    site.until(lambda: len(traffic.posted) >= posted + MIN_LOST_ORDERS, TIMEOUT_S)
    site.until(lambda: count(site, "resources", ASSIGNED) >= assigned + MIN_LOST_ORDERS, TIMEOUT_S)
