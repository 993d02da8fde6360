"""Results of restores under orders: the loss, the recovery, and the faults found."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from tests.chaos.mixed_traffic import MixedTraffic
from tests.chaos.recoveries import acknowledge_recovery
from tests.chaos.topic_contents import out_of_order, read_topics
from tests.chaos.traffic import Traffic
from tests.flows.site import Site
from tools.verify import find_violations

QUIESCENCE_TIMEOUT_S = 400.0
"""A busy machine has a queue to work off."""


@dataclass(frozen=True, slots=True)
class PlannedRestore:
    """A restore to perform; times in seconds."""

    service: str
    starts_s: float
    """From the first order to the backup."""

    lost_s: float
    """From the backup to the restore."""

    killed_s: float | None = None
    """From the restore to a kill -9 of the service; None: it is not killed."""

    is_in_place: bool = False
    """Whether only the topics show it, as when a dump is restored into its own database."""


class RestoreResult(NamedTuple):
    """The result of one restore; times in seconds since 1970."""

    restore: PlannedRestore
    taken_at: float
    lost_at: float
    recovery: Any
    """The recovery as the service reports it; None if it detected no loss."""

    @property
    def lost_s(self) -> float:
        """How many seconds were lost."""
        return self.lost_at - self.taken_at

    @property
    def loss_overstated_s(self) -> float:
        """Seconds by which the reported loss begins before the backup; 0 if it does not."""
        since = self.recovery and self.recovery["lost_from"]
        return max(0.0, self.taken_at - datetime.fromisoformat(since).timestamp()) if since else 0.0

    @property
    def recovery_s(self) -> float | None:
        """Seconds from the loss to the end of the recovery; None if no loss was detected."""
        if not self.recovery:
            return None
        return datetime.fromisoformat(self.recovery["ended_at"]).timestamp() - self.lost_at


@dataclass(frozen=True, slots=True)
class RoundResult:
    """The result of one round."""

    restored: Sequence[RestoreResult]
    traffic: MixedTraffic
    faults: Sequence[str]
    """All faults found at rest; expected to be empty."""

    def orders_in(self, each: RestoreResult) -> int:
        """Return how many orders were answered with 201 in the time that was lost."""
        times = [answer.at for answer in self.traffic.answers]
        return sum(each.taken_at <= at <= each.lost_at for at in times)

    def rate_in(self, each: RestoreResult) -> float:
        """Return how many orders a second were answered with 201 in the time that was lost."""
        return self.orders_in(each) / each.lost_s

    def posted_during(self, each: RestoreResult) -> int:
        """Return how many orders were posted first in the second half of a recovery."""
        took = each.recovery_s or 0
        half, end = each.lost_at + took / 2, each.lost_at + took
        return sum(half <= first.at <= end for first in self.traffic.first_posts)

    @property
    def late_s(self) -> float:
        """The longest delay between the time an order was due and its first post."""
        return max((first.late_s for first in self.traffic.first_posts), default=0.0)


def check_round(
    site: Site, restored: Sequence[RestoreResult], traffic: MixedTraffic, *, rested: bool
) -> RoundResult:
    """Check everything and acknowledge the recoveries; return the result."""
    unrest = [] if rested else [f"it did not come to rest in {QUIESCENCE_TIMEOUT_S:.0f} s"]
    outcome = RoundResult(restored, traffic, [*unrest, *find_faults(site, traffic)])
    for each in restored:
        if each.recovery:
            acknowledge_recovery(site, each.restore.service, each.recovery["id"])
    return outcome


def find_faults(site: Site, traffic: Traffic) -> Iterator[str]:
    """Yield all faults at rest."""
    yield from (f"an order was refused: {each}" for each in traffic.refused)
    yield from find_violations(site.record, traffic.posted)
    yield from out_of_order(read_topics(site.record.kafka))
    changed = traffic.changed_answers()
    yield from (f"order {each} is answered differently than at first" for each in changed)
