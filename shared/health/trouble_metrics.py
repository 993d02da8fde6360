"""The troubles of a process, and what was counted for them, as Prometheus reads them."""

from collections.abc import Iterable

from shared.health.figures import Figures
from shared.kafka.lag import Lag
from shared.messaging.dead_letters import Why
from shared.observability import metrics
from shared.observability.troubles import Kind, Trouble

for _kind in Kind:  # a series that is absent fires no alert
    metrics.TROUBLE.labels(_kind)
    metrics.TROUBLE_AGE.labels(_kind)


def measure(troubles: Iterable[Trouble], figures: Figures | None, lag: Lag | None) -> None:
    """Set every gauge. What the database or Kafka did not tell stays as it was.

    A trouble that concerns nothing countable counts as one: 0 says that there is none.
    """
    counts, ages = dict.fromkeys(Kind, 0), dict.fromkeys(Kind, 0.0)
    for each in troubles:
        counts[each.kind] += max(1, each.count)
        ages[each.kind] = max(ages[each.kind], each.oldest_age_s)
    for kind in Kind:
        metrics.TROUBLE.labels(kind).set(counts[kind])
        metrics.TROUBLE_AGE.labels(kind).set(ages[kind])
    if figures:
        measure_figures(figures)
    if lag:
        for topic, waiting in lag.by_topic.items():
            metrics.LAG.labels(topic).set(waiting.count)
            metrics.LAG_AGE.labels(topic).set(waiting.oldest_s)


def measure_figures(figures: Figures) -> None:
    """Set the gauges of what was counted in the database."""
    for why in Why:
        parked = sum(each[why].count for each in (figures.parked, figures.retried) if why in each)
        metrics.PARKED.labels(why).set(parked)
    metrics.UNSENT_AGE.set(figures.unsent.oldest_s)
    metrics.IN_DOUBT.set(figures.in_doubt.count)
    metrics.TIMERS_LATE.set(figures.timers_due.oldest_s)
    for type_ in figures.types:
        waiting = [each.waiting for each in figures.queues if each.type == type_]
        metrics.ATTEMPTS_WAITING.labels(type_).set(sum(each.count for each in waiting))
        oldest_s = max((each.oldest_s for each in waiting), default=0.0)
        metrics.ATTEMPTS_WAITING_AGE.labels(type_).set(oldest_s)
