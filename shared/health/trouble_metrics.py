"""The troubles and counts of a process as Prometheus gauges."""

from collections.abc import Iterable

from shared.health.database_counts import DatabaseCounts
from shared.kafka.lag import Lag
from shared.messaging.dead_letters import DeadLetterReason
from shared.observability import metrics
from shared.observability.troubles import Trouble, TroubleKind

for _kind in TroubleKind:  # a series that is absent fires no alert
    metrics.TROUBLE.labels(_kind)
    metrics.TROUBLE_AGE.labels(_kind)


def set_gauges(
    troubles: Iterable[Trouble], database_counts: DatabaseCounts | None, lag: Lag | None
) -> None:
    """Set every gauge; without counts or lag, their gauges keep the last values.

    A trouble that concerns nothing countable counts as one: 0 means that there is none.
    """
    counts, ages = dict.fromkeys(TroubleKind, 0), dict.fromkeys(TroubleKind, 0.0)
    for each in troubles:
        counts[each.kind] += max(1, each.count)
        ages[each.kind] = max(ages[each.kind], each.oldest_age_s)
    for kind in TroubleKind:
        metrics.TROUBLE.labels(kind).set(counts[kind])
        metrics.TROUBLE_AGE.labels(kind).set(ages[kind])
    if database_counts:
        set_database_gauges(database_counts)
    if lag:
        for topic, waiting in lag.by_topic.items():
            metrics.LAG.labels(topic).set(waiting.count)
            metrics.LAG_AGE.labels(topic).set(waiting.oldest_s)


def set_database_gauges(database_counts: DatabaseCounts) -> None:
    """Set the gauges of the database's counts."""
    for why in DeadLetterReason:
        parked = sum(
            each[why].count
            for each in (database_counts.parked, database_counts.retried)
            if why in each
        )
        metrics.PARKED.labels(why).set(parked)
    metrics.UNSENT_AGE.set(database_counts.unsent.oldest_s)
    metrics.IN_DOUBT.set(database_counts.in_doubt.count)
    metrics.TIMERS_LATE.set(database_counts.timers_due.oldest_s)
    for type_ in database_counts.types:
        waiting = [each.waiting for each in database_counts.queues if each.type == type_]
        metrics.CALLS_WAITING.labels(type_).set(sum(each.count for each in waiting))
        oldest_s = max((each.oldest_s for each in waiting), default=0.0)
        metrics.CALLS_WAITING_AGE.labels(type_).set(oldest_s)
