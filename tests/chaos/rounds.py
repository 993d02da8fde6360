"""Rounds of restores: databases are set back under orders, and everything is checked at rest."""

import math
import random
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any, NamedTuple

from deploy.local.stack import SERVICES
from services.console.exits import CommandError
from services.console.invariants import at_rest, broken
from tests.chaos.mixed import MixedTraffic
from tests.chaos.people import People
from tests.chaos.restoring import Backup, count
from tests.chaos.test_kills import line
from tests.chaos.topics import disorder, sightings
from tests.chaos.traffic import Traffic
from tests.flows.site import Site

REST_S = 400.0
"""A busy machine has a queue to work off."""

NOTICE_S = 150.0
"""A database that lost nothing, because nothing happened, is not recovered at all."""

RECOVERY_S = 900.0
"""After an hour that was lost, tens of thousands of messages are read again."""

MARGIN_S = 10.0
"""What a round takes beside the time that is lost, about."""

FEW = 2.0
"""Orders are posted so long after the last recovery, or the restore, in seconds."""

SOME = 20
ORDERS = 1000
"""More than are posted while databases are restored in turn."""

SEED = "1"
"""What the courses of the orders are drawn from."""

HANDLED = "SELECT count(*) FROM inbox"


@dataclass(frozen=True, slots=True)
class Restore:
    """A restore that is about to happen; times in seconds."""

    service: str
    starts_s: float
    """From the first order to the backup."""

    lost_s: float
    """From the backup to the restore."""

    killed_s: float | None = None
    """From the restore to a kill -9 of the service; None: it is not killed."""


class Restored(NamedTuple):
    """What came of one restore; times in seconds since 1970."""

    restore: Restore
    taken_at: float
    lost_at: float
    recovery: Any
    """What the service says of its recovery; None if it saw nothing to recover."""

    @property
    def lost_s(self) -> float:
        """How many seconds were lost."""
        return self.lost_at - self.taken_at

    @property
    def told_too_early_s(self) -> float:
        """How long before the backup changes are told to be lost; 0 if they are not."""
        since = self.recovery and self.recovery["lost_from"]
        return max(0.0, self.taken_at - datetime.fromisoformat(since).timestamp()) if since else 0.0

    @property
    def recovery_s(self) -> float | None:
        """How long it took until the service was whole again."""
        if not self.recovery:
            return None
        return datetime.fromisoformat(self.recovery["ended_at"]).timestamp() - self.lost_at


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one round."""

    restored: Sequence[Restored]
    traffic: MixedTraffic
    faults: Sequence[str]
    """All that is wrong at rest; nothing, as a rule."""

    def orders_in(self, each: Restored) -> int:
        """Return how many orders were answered with 201 in the time that was lost."""
        times = [answer.at for answer in self.traffic.answers]
        return sum(each.taken_at <= at <= each.lost_at for at in times)


def schedule(
    seed: str, each: int, together: int, lost: tuple[float, float]
) -> Iterator[tuple[Restore, ...]]:
    """Yield rounds in which every service is restored so many times, at random moments."""
    for number in range(each * len(SERVICES) // together):
        chance = random.Random(f"{seed}/{number // (len(SERVICES) // together)}")  # noqa: S311
        services = chance.sample(SERVICES, len(SERVICES))
        first = number * together % len(SERVICES)
        chance.seed(f"{seed}/{number}/moments")
        yield moments(chance, services[first : first + together], lost)


def moments(
    chance: random.Random, services: Sequence[str], lost: tuple[float, float]
) -> tuple[Restore, ...]:
    """Return a restore of each of these services, anywhere within the longest of them.

    Losing 1 to 2 seconds is as likely as losing 30 to 60.
    """
    shortest, longest = map(math.log, lost)
    times = [math.exp(chance.uniform(shortest, longest)) for _ in services]
    length = max(times) + chance.uniform(1, 5)
    return tuple(
        Restore(
            *(service, chance.uniform(0, length - lost_s), lost_s),
            killed_s=chance.uniform(0.5, 3) if chance.random() < 1 / 4 else None,
        )
        for service, lost_s in zip(services, times, strict=True)
    )


def run_round(site: Site, restores: Sequence[Restore], per_second: float) -> Outcome:
    """Restore databases at their times under orders, wait until all rests, and check everything."""
    length = max(each.starts_s + each.lost_s for each in restores) + MARGIN_S
    traffic = MixedTraffic.on(site, round(per_second * 2 * length), seed=SEED)
    with traffic.crew():
        people = [People.of(traffic) for _ in restores]
        with traffic.steady(per_second), ThreadPoolExecutor(len(restores)) as pool:
            begin = time.monotonic()
            restored = list(pool.map(partial(perform, site, begin), restores, people))
            time.sleep(FEW)
        rested = at_rest(site.record, REST_S)
    return judged(site, restored, traffic, rested=rested)


def run_in_turn(site: Site, restores: Sequence[Restore], per_second: float) -> Outcome:
    """Restore databases one after the other under orders, which pause while a service recovers.

    Each service handles a few messages at least in the time that it loses.
    """
    traffic = MixedTraffic.on(site, ORDERS, seed=SEED)
    with traffic.crew():
        restored = [lose_in_turn(site, traffic, per_second, each) for each in restores]
        rested = at_rest(site.record, REST_S)
    return judged(site, restored, traffic, rested=rested)


def judged(
    site: Site, restored: Sequence[Restored], traffic: MixedTraffic, *, rested: bool
) -> Outcome:
    """Return what came of restores, by all that can be checked; the troubles are over then."""
    unrest = [] if rested else [f"it did not come to rest in {REST_S:.0f} s"]
    outcome = Outcome(restored, traffic, [*unrest, *faults(site, traffic)])
    for each in restored:
        if each.recovery:
            acknowledge(site, each.restore.service, each.recovery["id"])
    return outcome


def perform(site: Site, begin: float, restore: Restore, people: People) -> Restored:
    """Take a backup, lose what follows, and wait until the service is whole again.

    Args:
        site: the system.
        begin: when the round began, by the monotonic clock.
        restore: what is restored, and when.
        people: act in the time that is lost, unless the service that they ask is out.
    """
    sleep_until(begin + restore.starts_s)
    backup = Backup.take(site, restore.service)
    backup.restore()
    with suppress(CommandError):
        people.act()
    time.sleep(max(0.0, backup.taken_at + restore.lost_s - time.time()))
    lost_at = backup.put_in_place()
    if restore.killed_s is not None:
        time.sleep(restore.killed_s)
        kill(site, restore.service)
    recovery = recovered(site, restore.service, lost_at, NOTICE_S)
    return Restored(restore, backup.taken_at, lost_at, recovery)


def lose_in_turn(
    site: Site, traffic: MixedTraffic, per_second: float, restore: Restore
) -> Restored:
    """Do so under orders that end soon after the restore."""
    service, people = restore.service, People.of(traffic)
    with traffic.steady(per_second):
        backup = Backup.take(site, service)
    backup.restore()
    people.act()
    people.buy_and_give_up(traffic)
    with traffic.steady(per_second):
        known = count(site, service, HANDLED)
        time.sleep(max(0.0, backup.taken_at + restore.lost_s - time.time()))
        site.until(lambda: count(site, service, HANDLED) >= known + SOME)
        lost_at = backup.put_in_place()
        time.sleep(FEW)
    return Restored(restore, backup.taken_at, lost_at, recovered(site, service, lost_at, NOTICE_S))


def sleep_until(moment: float) -> None:
    """Wait for a moment of the monotonic clock."""
    time.sleep(max(0.0, moment - time.monotonic()))


def kill(site: Site, service: str) -> None:
    """Kill a service with -9, if it lives."""
    process = line(site, service).life.process
    if process:
        process.kill()


def recovered(site: Site, service: str, lost_at: float, notice_s: float) -> Any:
    """Wait for the end of the recovery after a restore, and return it; None if none begins."""
    if not is_seen(lambda: latest(site, service, lost_at), notice_s):
        return None
    return site.until(
        lambda: found if (found := latest(site, service, lost_at)) and found["ended_at"] else None,
        timeout_s=RECOVERY_S,
    )


def is_seen(what: Any, timeout_s: float) -> bool:
    """Tell whether something comes to be in time."""
    end = time.monotonic() + timeout_s
    while time.monotonic() < end:
        if what():
            return True
        time.sleep(0.2)
    return False


def latest(site: Site, service: str, since: float) -> Any:
    """Return the latest recovery of a service, if it noticed it since a moment."""
    try:
        found = site.client("viewer").get(service, "/ops/v1/recoveries")
    except CommandError:
        return None  # it starts again
    noticed = found and datetime.fromisoformat(found[0]["noticed_at"])
    return found[0] if noticed and noticed > datetime.fromtimestamp(since, UTC) else None


def acknowledge(site: Site, service: str, id_: str) -> None:
    """Have a person acknowledge a recovery: the trouble is over then."""
    site.client("ops").post(service, f"/ops/v1/recoveries/{id_}/acknowledge", {})


def faults(site: Site, traffic: Traffic) -> Iterator[str]:
    """Yield all that is wrong at rest."""
    yield from (f"an order was refused: {each}" for each in traffic.refused)
    yield from broken(site.record, traffic.posted)
    yield from disorder(sightings(site.record.kafka))
    otherwise = traffic.answered_otherwise()
    yield from (f"order {each} is answered otherwise than at first" for each in otherwise)
