"""The troubles of one process: gathered when somebody asks, at most once a second.

Nothing runs while nobody asks. The database is asked in a thread of its own, Kafka beside
it; whichever does not answer in time is a trouble itself, and the others are told all the
same.
"""

import asyncio
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.orm import Session

from shared.calls.element_limits import Limits, no_limits
from shared.config.settings import Settings
from shared.errors import UnavailableError
from shared.health.database_counts import DatabaseCounts
from shared.health.database_watch import DatabaseTroubleSource, DatabaseWatch
from shared.health.trouble_metrics import set_gauges
from shared.health.trouble_sources import broker_out_trouble, lag_troubles
from shared.kafka.lag import Lag, LagReader
from shared.observability.troubles import ProcessTroubleSource, Trouble, TroubleKind
from shared.persistence.database import Sessions

REPORT_LIFETIME_S = 1.0
"""Seconds that a report stands: asking is open to everybody."""

PROBE_WAIT_S = 0.5
"""Seconds that a probe waits for a newer report."""

STALE_S = 60.0
"""Seconds after which a report is of no use to a probe either."""

KIND_ORDER = {kind: place for place, kind in enumerate(TroubleKind)}


@dataclass(frozen=True, slots=True)
class TroubleSources:
    """Where the troubles of a process come from, beside what every service can have."""

    database: Sequence[DatabaseTroubleSource] = ()
    process: Sequence[ProcessTroubleSource] = ()
    limits: Callable[[Session], Limits] = no_limits
    topics: Sequence[str] | None = None
    """What the service reads; None where Kafka is not to be asked."""

    serves_requests: Callable[[], bool] = lambda: True
    """Tells whether requests are served: not while the database is compared or taken over."""


@dataclass(frozen=True, slots=True)
class HealthReport:
    """What was found at one moment."""

    troubles: tuple[Trouble, ...]
    database_counts: DatabaseCounts | None
    """None where the database did not tell."""

    lag: Lag | None
    """None where Kafka did not tell."""

    serves_requests: bool = True

    @property
    def is_ready(self) -> bool:
        """Tell whether the process can serve requests."""
        return self.serves_requests and not any(each.is_blocking for each in self.troubles)


@dataclass(slots=True)
class Monitor:
    """Gathers the troubles of one process."""

    settings: Settings
    sessions: Sessions
    sources: TroubleSources = field(default_factory=TroubleSources)
    clock: Callable[[], float] = time.monotonic
    _database: DatabaseWatch = field(init=False)
    _lag: LagReader | None = field(init=False, default=None)
    _broker_out_since: float | None = None
    _gathering: "asyncio.Future[HealthReport] | None" = None
    _report: HealthReport | None = None
    _gathered_at: float = float("-inf")

    def __post_init__(self) -> None:
        sources = self.sources
        self._database = DatabaseWatch(
            self.settings.service, self.sessions, sources.database, sources.limits
        )
        if sources.topics is not None:
            self._lag = LagReader(self.settings, sources.topics)

    async def report(self) -> HealthReport:
        """Return what is wrong, as it was at most a second ago; within three seconds."""
        if self._report and self.clock() - self._gathered_at <= REPORT_LIFETIME_S:
            return self._report
        return await asyncio.shield(self._begin())

    async def report_for_probe(self) -> HealthReport:
        """Return what is wrong within half a second, if necessary as it was a moment ago.

        For probes: one that waits a second at most would take a broker that hangs for a
        process that cannot serve requests. What is found later is told to the next one.
        """
        if not self._report or self.clock() - self._gathered_at > STALE_S:
            return await self.report()
        if self.clock() - self._gathered_at > REPORT_LIFETIME_S:
            await asyncio.wait({self._begin()}, timeout=PROBE_WAIT_S)
        return self._report

    def _begin(self) -> "asyncio.Future[HealthReport]":
        """Begin to gather, unless somebody has."""
        if self._gathering is None:
            self._gathering = asyncio.ensure_future(self._gather())
            self._gathering.add_done_callback(self._gathered)
        return self._gathering

    def _gathered(self, _: object) -> None:
        self._gathering = None

    async def _gather(self) -> HealthReport:
        seen, (lag, broker) = await asyncio.gather(self._database.check(), self._check_broker())
        process = [each for source in self.sources.process for each in source()]
        troubles = sorted_troubles([*seen.troubles, *broker, *process])
        report = HealthReport(troubles, seen.database_counts, lag, self.sources.serves_requests())
        set_gauges(report.troubles, report.database_counts, report.lag)
        self._report, self._gathered_at = report, self.clock()
        return report

    async def _check_broker(self) -> tuple[Lag | None, list[Trouble]]:
        if self._lag is None:
            return None, []
        try:
            lag = await self._lag.read()
        except UnavailableError as error:
            self._broker_out_since = self._broker_out_since or time.monotonic()
            return None, [broker_out_trouble(error, self._broker_out_since)]
        self._broker_out_since = None
        return lag, list(lag_troubles(lag))

    async def close(self) -> None:
        """Let go of Kafka."""
        if self._lag:
            await self._lag.close()


def sorted_troubles(troubles: Iterable[Trouble]) -> tuple[Trouble, ...]:
    """Return troubles by their kind, what keeps requests from being served first.

    What another trouble explains is no second one.
    """
    found = list(troubles)
    explained = {kind for each in found for kind in each.explains}
    return tuple(
        sorted((each for each in found if each.kind not in explained), key=trouble_sort_key)
    )


def trouble_sort_key(trouble: Trouble) -> tuple[Any, ...]:
    """Return where a trouble stands in a list."""
    return (not trouble.is_blocking, trouble.is_notice, KIND_ORDER[trouble.kind], trouble.part)
