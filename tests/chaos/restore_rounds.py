"""Rounds of restores: databases are restored under orders, and everything is checked at rest."""

import math
import random
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial

from deploy.local.stack_record import SERVICES
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
from tests.chaos.test_kills import process_record
from tests.flows.site import Site
from tools.verify import wait_until_quiescent

MARGIN_S = 10.0
"""The approximate duration of a round beside the lost time."""

POSTING_AFTER_S = 2.0
"""Seconds for which orders are posted after the last recovery."""

FEW_PER_SECOND = 3.0
"""Order rate while a service recovers, in a short test: more orders make the recovery longer."""

RECOVERING_S = 120.0
"""Seconds of a long recovery; the plant is made large enough for the orders of that time."""

MIN_HANDLED = 20
ORDERS = 1000
"""More than are posted while databases are restored in turn."""

SEED = "1"
"""The seed of the orders' courses."""

HANDLED = "SELECT count(*) FROM inbox"


def plan_rounds(
    seed: str, each: int, together: int, lost: tuple[float, float]
) -> Iterator[tuple[PlannedRestore, ...]]:
    """Yield rounds that restore every service a number of times, at random moments."""
    for number in range(each * len(SERVICES) // together):
        chance = random.Random(f"{seed}/{number // (len(SERVICES) // together)}")  # noqa: S311
        services = chance.sample(SERVICES, len(SERVICES))
        first = number * together % len(SERVICES)
        chance.seed(f"{seed}/{number}/moments")
        yield plan_round(chance, services[first : first + together], lost)


def plan_round(
    chance: random.Random, services: Sequence[str], lost: tuple[float, float]
) -> tuple[PlannedRestore, ...]:
    """Return a restore of each of these services, at a random time within the longest of them.

    Losing 1 to 2 seconds is as likely as losing 30 to 60.
    """
    shortest, longest = map(math.log, lost)
    times = [math.exp(chance.uniform(shortest, longest)) for _ in services]
    length = max(times) + chance.uniform(1, 5)
    return tuple(
        PlannedRestore(
            *(service, chance.uniform(0, length - lost_s), lost_s),
            killed_s=chance.uniform(0.5, 3) if chance.random() < 1 / 4 else None,
            is_in_place=chance.random() < 1 / 2,
        )
        for service, lost_s in zip(services, times, strict=True)
    )


def run_round(site: Site, restores: Sequence[PlannedRestore], per_second: float) -> RoundResult:
    """Restore databases at their times under orders, wait for quiescence, and check everything."""
    length = max(each.starts_s + each.lost_s for each in restores) + MARGIN_S
    posting_s = length + max(length, RECOVERING_S)
    traffic = MixedTraffic.on(site, round(per_second * posting_s), seed=SEED)
    with traffic.crew():
        actions = [CustomerActions.of(traffic) for _ in restores]
        with traffic.posting_at_rate(per_second), ThreadPoolExecutor(len(restores)) as pool:
            begin = time.monotonic()
            restored = list(pool.map(partial(perform_restore, site, begin), restores, actions))
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
    site: Site, begin: float, restore: PlannedRestore, actions: CustomerActions
) -> RestoreResult:
    """Take a backup, restore it later, and wait until the service has recovered.

    Args:
        site: the system.
        begin: when the round began, by the monotonic clock.
        restore: what is restored, and when.
        actions: changes to make in the lost time, unless their service is out.
    """
    sleep_until(begin + restore.starts_s)
    service = restore.service
    with ThreadPoolExecutor(1, "people") as pool:
        backup = Backup.take(site, service)
        # In a thread: slow actions must not extend the lost time.
        acting = pool.submit(act_unless_unavailable, actions)
        backup.restore(is_in_place=restore.is_in_place)
        time.sleep(max(0.0, backup.taken_at + restore.lost_s - time.time()))
        lost_at = backup.swap_in()
        if restore.killed_s is not None:
            time.sleep(restore.killed_s)
            kill_service(site, service)
        recovery = wait_for_recovery(site, service, lost_at, NOTICE_TIMEOUT_S)
    acting.result()
    return RestoreResult(restore, backup.taken_at, lost_at, recovery)


def act_unless_unavailable(actions: CustomerActions) -> None:
    """Make the changes, unless a service is out."""
    with suppress(CommandError):
        actions.erase_and_share()


def restore_in_turn(
    site: Site, traffic: MixedTraffic, per_second: float, restore: PlannedRestore
) -> RestoreResult:
    """Restore one database under orders; few orders are posted during the recovery."""
    service, actions = restore.service, CustomerActions.of(traffic)
    with traffic.posting_at_rate(per_second):
        time.sleep(restore.starts_s)
        backup = Backup.take(site, service)
    backup.restore(is_in_place=restore.is_in_place)
    actions.erase_and_share()
    actions.order_and_disconnect(traffic)
    with traffic.posting_at_rate(per_second) as pace:
        handled_before = count(site, service, HANDLED)
        time.sleep(max(0.0, backup.taken_at + restore.lost_s - time.time()))
        site.until(lambda: count(site, service, HANDLED) >= handled_before + MIN_HANDLED)
        lost_at = backup.swap_in()
        pace.per_second = min(per_second, FEW_PER_SECOND)
        recovery = wait_for_recovery(site, service, lost_at, NOTICE_TIMEOUT_S)
    return RestoreResult(restore, backup.taken_at, lost_at, recovery)


def sleep_until(moment: float) -> None:
    """Wait for a moment of the monotonic clock."""
    time.sleep(max(0.0, moment - time.monotonic()))


def kill_service(site: Site, service: str) -> None:
    """Kill a service with -9, if it runs."""
    process = process_record(site, service).life.process
    if process:
        process.kill()
