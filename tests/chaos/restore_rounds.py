"""Rounds of restores: databases are set back under orders, and everything is checked at rest."""

import math
import random
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial

from deploy.local.stack import SERVICES
from services.console.errors import CommandError
from tests.chaos.customer_actions import CustomerActions
from tests.chaos.database_restore import Backup, count
from tests.chaos.mixed_traffic import MixedTraffic
from tests.chaos.recoveries import NOTICE_TIMEOUT_S, wait_for_recovery
from tests.chaos.round_results import (
    QUIESCENCE_TIMEOUT_S,
    PlannedRestore,
    RestoreResult,
    RoundResult,
    check_round,
)
from tests.chaos.test_kills import line
from tests.flows.site import Site
from tools.verify import wait_until_quiescent

MARGIN_S = 10.0
"""What a round takes beside the time that is lost, about."""

POSTING_AFTER_S = 2.0
"""Seconds for which orders are posted after the last recovery."""

FEW_PER_SECOND = 3.0
"""Orders while a service recovers, where a test must not take long: they cost the recovery time."""

RECOVERING_S = 120.0
"""Seconds of a long recovery; the plant is made large enough for the orders of that time."""

MIN_HANDLED = 20
ORDERS = 1000
"""More than are posted while databases are restored in turn."""

SEED = "1"
"""What the courses of the orders are drawn from."""

HANDLED = "SELECT count(*) FROM inbox"


def plan_rounds(
    seed: str, each: int, together: int, lost: tuple[float, float]
) -> Iterator[tuple[PlannedRestore, ...]]:
    """Yield rounds in which every service is restored so many times, at random moments."""
    for number in range(each * len(SERVICES) // together):
        chance = random.Random(f"{seed}/{number // (len(SERVICES) // together)}")  # noqa: S311
        services = chance.sample(SERVICES, len(SERVICES))
        first = number * together % len(SERVICES)
        chance.seed(f"{seed}/{number}/moments")
        yield plan_round(chance, services[first : first + together], lost)


def plan_round(
    chance: random.Random, services: Sequence[str], lost: tuple[float, float]
) -> tuple[PlannedRestore, ...]:
    """Return a restore of each of these services, anywhere within the longest of them.

    Losing 1 to 2 seconds is as likely as losing 30 to 60.
    """
    shortest, longest = map(math.log, lost)
    times = [math.exp(chance.uniform(shortest, longest)) for _ in services]
    length = max(times) + chance.uniform(1, 5)
    return tuple(
        PlannedRestore(
            *(service, chance.uniform(0, length - lost_s), lost_s),
            killed_s=chance.uniform(0.5, 3) if chance.random() < 1 / 4 else None,
            is_over_its_own=chance.random() < 1 / 2,
        )
        for service, lost_s in zip(services, times, strict=True)
    )


def run_round(site: Site, restores: Sequence[PlannedRestore], per_second: float) -> RoundResult:
    """Restore databases at their times under orders, wait until all rests, and check everything."""
    length = max(each.starts_s + each.lost_s for each in restores) + MARGIN_S
    posting_s = length + max(length, RECOVERING_S)
    traffic = MixedTraffic.on(site, round(per_second * posting_s), seed=SEED)
    with traffic.crew():
        people = [CustomerActions.of(traffic) for _ in restores]
        with traffic.posting_at_rate(per_second), ThreadPoolExecutor(len(restores)) as pool:
            begin = time.monotonic()
            restored = list(pool.map(partial(perform_restore, site, begin), restores, people))
            time.sleep(POSTING_AFTER_S)
        rested = wait_until_quiescent(site.record, QUIESCENCE_TIMEOUT_S)
    return check_round(site, restored, traffic, rested=rested)


def run_in_turn(site: Site, restores: Sequence[PlannedRestore], per_second: float) -> RoundResult:
    """Restore databases one after the other; few orders are posted during a recovery.

    Each service handles a few messages at least in the time that it loses.
    """
    traffic = MixedTraffic.on(site, ORDERS, seed=SEED)
    with traffic.crew():
        restored = [restore_in_turn(site, traffic, per_second, each) for each in restores]
        rested = wait_until_quiescent(site.record, QUIESCENCE_TIMEOUT_S)
    return check_round(site, restored, traffic, rested=rested)


def perform_restore(
    site: Site, begin: float, restore: PlannedRestore, people: CustomerActions
) -> RestoreResult:
    """Take a backup, lose what follows, and wait until the service is whole again.

    Args:
        site: the system.
        begin: when the round began, by the monotonic clock.
        restore: what is restored, and when.
        people: act in the time that is lost, unless the service that they ask is out.
    """
    sleep_until(begin + restore.starts_s)
    service = restore.service
    with ThreadPoolExecutor(1, "people") as pool:
        backup = Backup.take(site, service)
        acting = pool.submit(
            act_unless_unavailable, people
        )  # however long they wait, no more is lost than is drawn
        backup.restore(is_over_its_own=restore.is_over_its_own)
        time.sleep(max(0.0, backup.taken_at + restore.lost_s - time.time()))
        lost_at = backup.swap_in()
        if restore.killed_s is not None:
            time.sleep(restore.killed_s)
            kill_service(site, service)
        recovery = wait_for_recovery(site, service, lost_at, NOTICE_TIMEOUT_S)
    acting.result()
    return RestoreResult(restore, backup.taken_at, lost_at, recovery)


def act_unless_unavailable(people: CustomerActions) -> None:
    """Have people act, unless a service that they ask is out."""
    with suppress(CommandError):
        people.erase_and_share()


def restore_in_turn(
    site: Site, traffic: MixedTraffic, per_second: float, restore: PlannedRestore
) -> RestoreResult:
    """Do so under orders, few of which come from the restore until the service is whole again."""
    service, people = restore.service, CustomerActions.of(traffic)
    with traffic.posting_at_rate(per_second):
        time.sleep(restore.starts_s)
        backup = Backup.take(site, service)
    backup.restore(is_over_its_own=restore.is_over_its_own)
    people.erase_and_share()
    people.order_and_disconnect(traffic)
    with traffic.posting_at_rate(per_second) as pace:
        known = count(site, service, HANDLED)
        time.sleep(max(0.0, backup.taken_at + restore.lost_s - time.time()))
        site.until(lambda: count(site, service, HANDLED) >= known + MIN_HANDLED)
        lost_at = backup.swap_in()
        pace.per_second = min(per_second, FEW_PER_SECOND)
        recovery = wait_for_recovery(site, service, lost_at, NOTICE_TIMEOUT_S)
    return RestoreResult(restore, backup.taken_at, lost_at, recovery)


def sleep_until(moment: float) -> None:
    """Wait for a moment of the monotonic clock."""
    time.sleep(max(0.0, moment - time.monotonic()))


def kill_service(site: Site, service: str) -> None:
    """Kill a service with -9, if it lives."""
    process = line(site, service).life.process
    if process:
        process.kill()
