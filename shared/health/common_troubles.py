"""The troubles that every service can have, derived from its counts."""

import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import timedelta

from shared.calls.element_limits import ElementLimits
from shared.errors import UnavailableError
from shared.health.database_counts import DatabaseCounts, ElementQueue
from shared.kafka.lag import Lag
from shared.messaging.dead_letters import EARLY_RETRY_PERIOD, DeadLetterReason
from shared.messaging.writer import Writer
from shared.observability import standard_streams
from shared.observability.backlog import Backlog
from shared.observability.troubles import (
    ProcessTroubleSource,
    Trouble,
    TroubleKind,
    count_with_noun,
)
from shared.persistence.database_certainty import DatabaseCertainty

UNSENT_LATE_S = 10.0
"""Seconds; messages are published at once, unless the broker is out or their process has died."""

TIMER_LATE_S = 10.0
"""Seconds; the scheduler checks every second."""

IN_DOUBT_LONG_S = 30.0
"""Seconds; until then the element is queried again, and no person is needed."""

LAG_LATE_S = 10.0
"""Seconds; messages are consumed at once, and offsets are committed every second."""

HANG_S = 10.0
"""Seconds; transactions and the requests that wait for them are shorter than this."""

EARLY_MINUTES = EARLY_RETRY_PERIOD // timedelta(minutes=1)

RETRY = "POST /ops/v1/parked/POSITION/retry"
RETRY_REMEDY = f"fix the cause, then {RETRY}"
REMEDIES = {
    DeadLetterReason.UNREADABLE: "have its sender fixed; the message stays parked as evidence",
    DeadLetterReason.UNKNOWN_VERSION: f"deploy a version that reads it, then {RETRY}",
    DeadLetterReason.TOO_LARGE: "have its sender send smaller messages",
    DeadLetterReason.EARLY: (
        f"wait: it is retried automatically for {EARLY_MINUTES} minutes; then see why what it "
        "refers to is missing"
    ),
    DeadLetterReason.RESTORED: f"correct what its error names, then {RETRY}",
    DeadLetterReason.BEHIND: (
        "retry the first parked message of their key; these follow automatically"
    ),
}
"""By the reason of a dead letter; RETRY_REMEDY for the other reasons."""

AUTOMATIC_REMEDIES = {
    **REMEDIES,
    DeadLetterReason.BEHIND: (
        "wait: they follow automatically after the early message that they wait for"
    ),
}
"""The same, for dead letters that are retried automatically."""


def database_count_troubles(database_counts: DatabaseCounts) -> Iterator[Trouble]:
    """Yield the troubles that the counts of a database show."""
    for why, waiting in sorted(database_counts.parked.items()):
        yield parked_trouble(why, waiting, REMEDIES)
    for why, waiting in sorted(database_counts.retried.items()):
        yield replace(parked_trouble(why, waiting, AUTOMATIC_REMEDIES), is_notice=True)
    yield from unsent_troubles(database_counts.unsent)
    yield from in_doubt_troubles(database_counts.in_doubt)
    yield from late_timer_troubles(database_counts.timers_due)
    for queue in database_counts.queues:
        yield from element_troubles(queue)


def parked_trouble(
    why: DeadLetterReason, waiting: Backlog, remedies: Mapping[DeadLetterReason, str]
) -> Trouble:
    """Return the trouble of messages that are parked for one reason."""
    return Trouble(
        kind=TroubleKind.PARKED,
        part=why,
        count=waiting.count,
        oldest_age_s=waiting.oldest_s,
        says=f"{count_with_noun(waiting.count, 'message')} parked ({why})",
        remedy=remedies.get(why, RETRY_REMEDY),
    )


def unsent_troubles(waiting: Backlog) -> Iterator[Trouble]:
    """Yield the trouble of outbox records that have been pending for long."""
    if waiting.oldest_s > UNSENT_LATE_S:
        yield Trouble(
            kind=TroubleKind.UNSENT,
            count=waiting.count,
            oldest_age_s=waiting.oldest_s,
            says=f"{count_with_noun(waiting.count, 'message')} not published to Kafka yet",
            remedy="see that Kafka runs: they are published automatically, in order; none is lost",
        )


def in_doubt_troubles(waiting: Backlog) -> Iterator[Trouble]:
    """Yield the trouble of operations with unknown outcome."""
    if waiting.count:
        yield Trouble(
            kind=TroubleKind.IN_DOUBT,
            count=waiting.count,
            oldest_age_s=waiting.oldest_s,
            says=f"{count_with_noun(waiting.count, 'operation')} on elements with unknown outcome",
            remedy="the elements are queried; see that they answer, else the steps go to fallout",
            is_notice=waiting.oldest_s < IN_DOUBT_LONG_S,
        )


def late_timer_troubles(waiting: Backlog) -> Iterator[Trouble]:
    """Yield the trouble of timers that were due long ago."""
    if waiting.oldest_s > TIMER_LATE_S:
        yield Trouble(
            kind=TroubleKind.LATE_TIMERS,
            count=waiting.count,
            oldest_age_s=waiting.oldest_s,
            says=f"{count_with_noun(waiting.count, 'timer')} due and not handled",
            remedy="see that a worker of the service runs, and read the end of its log",
        )


def element_troubles(queue: ElementQueue) -> Iterator[Trouble]:
    """Yield the trouble of calls that wait for an element."""
    waiting, limit, name = queue.waiting, queue.limit, queue.element
    calls, path = count_with_noun(waiting.count, "call"), f"/ops/v1/elements/{name}"
    if limit.in_maintenance and waiting.count:
        yield Trouble(
            kind=TroubleKind.ELEMENT_IN_MAINTENANCE,
            part=name,
            count=waiting.count,
            oldest_age_s=waiting.oldest_s,
            says=f"{name} is in maintenance, with {calls} waiting for its end",
            remedy=f"end it with DELETE {path}/maintenance; then the calls are made",
            is_notice=True,
        )
    elif queue.is_element_at_limit:
        yield Trouble(
            kind=TroubleKind.ELEMENT_AT_LIMIT,
            part=name,
            count=waiting.count,
            oldest_age_s=waiting.oldest_s,
            says=f"{name} is at its limit of {limit_in_words(limit)}, "
            f"with {calls} waiting for a place",
            remedy=f"if it can handle more, set that with PUT {path}; else wait, or send fewer "
            "orders",
        )


def limit_in_words(limit: ElementLimits) -> str:
    """Return a limit in words."""
    rate = f" and {limit.per_second:g} a second" if limit.per_second else ""
    return f"{count_with_noun(limit.concurrency, 'call')} at a time{rate}"


def lag_troubles(lag: Lag) -> Iterator[Trouble]:
    """Yield the trouble of topics with messages that have been unread for long."""
    for topic, waiting in sorted(lag.by_topic.items()):
        if waiting.oldest_s > LAG_LATE_S:
            yield Trouble(
                kind=TroubleKind.LAG,
                part=topic,
                count=waiting.count,
                oldest_age_s=waiting.oldest_s,
                says=f"{count_with_noun(waiting.count, 'message')} of topic {topic} not read yet",
                remedy="see that a worker of the service runs; if it falls behind, add one",
            )


def writer_trouble_source(writer: Writer) -> ProcessTroubleSource:
    """Return the source of the troubles of a process's writing thread."""

    def troubles() -> Iterable[Trouble]:
        stuck_s = writer.busy_s
        if stuck_s > HANG_S:
            yield Trouble(
                kind=TroubleKind.HANG,
                part="writing thread",
                oldest_age_s=stuck_s,
                says=f"one transaction has taken {stuck_s:.0f} s, and all others wait for it",
                remedy="see in pg_stat_activity what it waits for; if for nothing, restart the "
                "process",
            )

    return troubles


def certainty_trouble_source(certainty: DatabaseCertainty) -> ProcessTroubleSource:
    """Return the source of the trouble of an unproven database.

    In the first seconds of a start it is only a notice: each start compares.
    """

    def troubles() -> Iterable[Trouble]:
        if not certainty.is_ready:
            yield Trouble(
                kind=TroubleKind.DATABASE_UNPROVEN,
                oldest_age_s=certainty.waited_s,
                says="requests are refused while the database is compared with the topics",
                remedy="wait: it takes seconds; if longer, `recovery.waits` in the log says why",
                is_notice=certainty.remaining_wait_s > 0,
            )

    return troubles


def log_troubles() -> Iterable[Trouble]:
    """Yield the trouble of a log that cannot be written."""
    since = standard_streams.failing_since()
    if since is not None:
        yield Trouble(
            kind=TroubleKind.LOG_UNWRITABLE,
            oldest_age_s=max(0.0, time.time() - since),
            says="the log cannot be written; the process continues",
            remedy="free space on the log's disk, or check the process that reads the log",
        )


def broker_out_trouble(error: UnavailableError, since: float) -> Trouble:
    """Return the trouble that Kafka cannot be reached.

    Args:
        error: of the last attempt.
        since: the monotonic time of the first failed attempt.
    """
    return Trouble(
        kind=TroubleKind.BROKER_OUT,
        oldest_age_s=time.monotonic() - since,
        says=f"Kafka {error.detail}; messages wait in the database, orders are accepted",
        remedy="start Kafka, or correct KAITONG_KAFKA; messages are published automatically",
    )
