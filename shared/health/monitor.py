"""The troubles of one process: collected on request, at most once a second.

Nothing runs between requests. The database is checked in a thread of its own, Kafka at the
same time; one that does not answer in time is a trouble itself, and the other troubles are
reported all the same.
"""

import asyncio
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.orm import Session

from shared.calls.element_limits import LimitConfiguration, no_limits
from shared.config.settings import Settings
from shared.errors import UnavailableError
from shared.health.common_troubles import broker_out_trouble, lag_troubles
from shared.health.database_checker import DatabaseChecker, DatabaseTroubleSource
from shared.health.database_counts import DatabaseCounts
from shared.health.trouble_metrics import set_gauges
from shared.kafka.lag import Lag, LagReader
from shared.observability.troubles import ProcessTroubleSource, Trouble, TroubleKind
from shared.persistence.database import Sessions

REPORT_LIFETIME_S = 1.0
"""Seconds for which a report is reused: anybody may request one."""

PROBE_WAIT_S = 0.5
"""Seconds that a probe waits for a newer report."""

STALE_S = 60.0
"""Seconds after which a report is too old for a probe, too."""

KIND_ORDER = {kind: position for position, kind in enumerate(TroubleKind)}


@dataclass(frozen=True, slots=True)
class MonitorInputs:
    """What a monitor reads: sources of troubles, limits, topics, whether requests are served."""

    database: Sequence[DatabaseTroubleSource] = ()
    process: Sequence[ProcessTroubleSource] = ()
    limits: Callable[[Session], LimitConfiguration] = no_limits
    topics: Sequence[str] | None = None
    """Topics that the service consumes; None where Kafka is not to be checked."""

    serves_requests: Callable[[], bool] = lambda: True
    """Tells whether requests are served: not while the database is unproven or in takeover."""


@dataclass(frozen=True, slots=True)
class HealthReport:
    """Troubles and counts at one moment."""

    troubles: tuple[Trouble, ...]
    database_counts: DatabaseCounts | None
    """None if the database did not answer."""

    lag: Lag | None
    """None if Kafka did not answer."""

    serves_requests: bool = True

    @property
    def is_ready(self) -> bool:
        """Tell whether the process can serve requests."""
        return self.serves_requests and not any(each.is_blocking for each in self.troubles)


@dataclass(slots=True)
class Monitor:
    """Collects the troubles of one process."""

    settings: Settings
    sessions: Sessions
    sources: MonitorInputs = field(default_factory=MonitorInputs)
    clock: Callable[[], float] = time.monotonic
    _database: DatabaseChecker = field(init=False)
    _lag: LagReader | None = field(init=False, default=None)
    _broker_out_since: float | None = None
    _collecting: "asyncio.Future[HealthReport] | None" = None
    _report: HealthReport | None = None
    _collected_at: float = float("-inf")

    def __post_init__(self) -> None:
        sources = self.sources
        self._database = DatabaseChecker(
            self.settings.service, self.sessions, sources.database, sources.limits
        )
        if sources.topics is not None:
            self._lag = LagReader(self.settings, sources.topics)

    async def report(self) -> HealthReport:
        """Return a report that is at most a second old; takes at most three seconds."""
        if self._report and self.clock() - self._collected_at <= REPORT_LIFETIME_S:
            return self._report
        return await asyncio.shield(self._start_collecting())

    async def report_for_probe(self) -> HealthReport:
        """Return a report within half a second, if necessary the previous one, up to a minute old.

        If that is older, or there is none, wait for the new one, as `report` does.

        A probe with a time-out of a second would take a hanging broker for a process that
        cannot serve requests. A report that comes later is returned to the next probe.
        """
        if not self._report or self.clock() - self._collected_at > STALE_S:
            return await self.report()
        if self.clock() - self._collected_at > REPORT_LIFETIME_S:
            await asyncio.wait({self._start_collecting()}, timeout=PROBE_WAIT_S)
        return self._report

    def _start_collecting(self) -> "asyncio.Future[HealthReport]":
        """Start collecting, unless it is in progress."""
        if self._collecting is None:
            self._collecting = asyncio.ensure_future(self._collect())
            self._collecting.add_done_callback(self._on_collected)
        return self._collecting

    def _on_collected(self, _: object) -> None:
        self._collecting = None

    async def _collect(self) -> HealthReport:
        found, (lag, broker) = await asyncio.gather(self._database.check(), self._read_lag())
        process = [each for source in self.sources.process for each in source()]
        troubles = sorted_troubles([*found.troubles, *broker, *process])
        report = HealthReport(troubles, found.database_counts, lag, self.sources.serves_requests())
        set_gauges(report.troubles, report.database_counts, report.lag)
        self._report, self._collected_at = report, self.clock()
        return report

    async def _read_lag(self) -> tuple[Lag | None, list[Trouble]]:
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
        """Close the connections to Kafka."""
        if self._lag:
            await self._lag.close()


def sorted_troubles(troubles: Iterable[Trouble]) -> tuple[Trouble, ...]:
    """Return troubles sorted by kind, blocking ones first.

    Troubles that another one explains are left out.
    """
    found = list(troubles)
    explained = {kind for each in found for kind in each.explains}
    return tuple(
        sorted((each for each in found if each.kind not in explained), key=trouble_sort_key)
    )


def trouble_sort_key(trouble: Trouble) -> tuple[Any, ...]:
    """Return the sort key of a trouble."""
    return (not trouble.is_blocking, trouble.is_notice, KIND_ORDER[trouble.kind], trouble.part)
