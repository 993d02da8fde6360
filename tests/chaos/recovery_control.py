"""Negative control of the restores: databases are restored under services without recovery."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from deploy.local.stack import Stack
from tests.chaos import service_without_recovery
from tests.chaos.database_restore import Backup, count
from tests.chaos.traffic import Traffic
from tests.flows.site import Site, running
from tools.verify import INVARIANTS, find_violations
from tools.verify.stack_data import open_stack_data

RESTORED_TOGETHER = (("provisioning", "customer"), ("order", "resources"))
"""The services without recovery, in the order in which their databases are restored: the order
service still has the orders whose plans provisioning lost."""

SERVICES_WITHOUT_RECOVERY = frozenset(
    service for services in RESTORED_TOGETHER for service in services
)

EXPECTED_VIOLATIONS = (
    "every order answered with 201 is stored",
    "every order has a plan",
    "no number or line has two holders",
    "customers' views are the fold of all messages",
)
"""Invariants that are violated for certain: accepted orders are gone, others are not read again
and have no plan and no entry in a view, and numbers assigned in the lost time are free and are
assigned again. The views come last, since checking them reads the view of every customer: they are
checked when the three others are already violated."""

MIN_LOST_ORDERS = 10
"""Orders that are at least accepted and assigned in the lost time, and again after it."""

ORDERS = 1000
"""More than are posted."""

TIMEOUT_S = 120.0
ASSIGNED = "SELECT count(*) FROM outbox WHERE type LIKE 'resources.assigned.%'"


class StackWithoutRecovery(Stack):
    """A stack whose services never detect a restore."""

    def module_arguments(self, name: str, *words: str) -> list[str]:
        """Return the module that runs a service, without its recovery, and its arguments."""
        command = [service_without_recovery.__name__, name, *words]
        return (
            command if name in SERVICES_WITHOUT_RECOVERY else super().module_arguments(name, *words)
        )


def violations_without_recovery(folder: Path, per_second: float) -> Sequence[str]:
    """Restore databases without recovery; return all violations once the expected ones exist.

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
    """Restore databases; a few orders are accepted and assigned in the lost time, and after it."""
    backups = [Backup.take(traffic.site, each) for each in services]
    for each in backups:
        each.restore()
    wait_for_more(traffic.site, traffic)
    for each in backups:
        each.swap_in()
    wait_for_more(traffic.site, traffic)


def all_expected_are_violated(site: Site, traffic: Traffic) -> bool:
    """Tell whether all expected violations exist."""
    with open_stack_data(site.record, traffic.posted) as stack_data:
        return all(any(INVARIANTS[name](stack_data)) for name in EXPECTED_VIOLATIONS)


def count_by_invariant(faults: Sequence[str]) -> Counter[str]:
    """Return how many faults each invariant has."""
    return Counter(each.partition(":")[0] for each in faults)


def wait_for_more(site: Site, traffic: Traffic) -> None:
    """Wait until a few more orders were accepted, and things assigned to a few."""
    posted, assigned = len(traffic.posted), count(site, "resources", ASSIGNED)
    site.until(lambda: len(traffic.posted) >= posted + MIN_LOST_ORDERS, TIMEOUT_S)
    site.until(lambda: count(site, "resources", ASSIGNED) >= assigned + MIN_LOST_ORDERS, TIMEOUT_S)
