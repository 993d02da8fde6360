"""What a process counts and measures of itself, for Prometheus.

Every metric of the kernel is declared here. Children are looked up once per
combination of labels and then kept: a count costs a dictionary and an addition.
"""

from functools import lru_cache

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)

REGISTRY = CollectorRegistry()
ProcessCollector(registry=REGISTRY)
PlatformCollector(registry=REGISTRY)
GCCollector(registry=REGISTRY)

FAST_BUCKETS = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
"""Seconds: from a cached answer to a request that waits out an outage."""

FINE_BUCKETS = (
    *(0.001, 0.002, 0.003, 0.004, 0.005, 0.006, 0.008, 0.01, 0.012, 0.015, 0.02, 0.025, 0.03),
    *(0.04, 0.05, 0.06, 0.08, 0.1, 0.12, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.75, 1.0, 2.0, 5.0),
    *(10.0, 30.0, 60.0),
)
"""Seconds, close to each other: a median read from them is right to some 10 %."""

SIZE_BUCKETS = (1, 2, 5, 10, 20, 50, 100, 200, 500)

MESSAGES = Counter(
    "kaitong_messages",
    "Messages that came in, by what became of them.",
    ("type", "result"),
    registry=REGISTRY,
)
PUBLISHED = Counter(
    "kaitong_messages_published", "Messages told to the others.", ("type",), registry=REGISTRY
)
BATCH_SIZE = Histogram(
    "kaitong_batch_size",
    "How many were done in one transaction, by who did them (inbox, desk, runner).",
    ("of",),
    buckets=SIZE_BUCKETS,
    registry=REGISTRY,
)
BATCH_SECONDS = Histogram(
    "kaitong_batch_seconds",
    "How long one batch took until it was committed, its wait for the writing thread included.",
    ("of",),
    buckets=FAST_BUCKETS,
    registry=REGISTRY,
)
TROUBLE = Gauge(
    "kaitong_trouble",
    "What is wrong, by its kind: how many messages, orders, calls, ... it concerns; 0: nothing.",
    ("kind",),
    registry=REGISTRY,
)
TROUBLE_AGE = Gauge(
    "kaitong_trouble_age_seconds",
    "How long that has been wrong, by its kind: of several the longest.",
    ("kind",),
    registry=REGISTRY,
)
PARKED = Gauge(
    "kaitong_parked", "Messages that are set aside now, by the reason.", ("why",), registry=REGISTRY
)
LAG = Gauge(
    "kaitong_lag", "Messages on a topic that are not read yet.", ("topic",), registry=REGISTRY
)
LAG_AGE = Gauge(
    "kaitong_lag_seconds",
    "Age of the oldest message on a topic that is not read yet; 0: all are.",
    ("topic",),
    registry=REGISTRY,
)
RECOVERED = Counter(
    "kaitong_recovery_messages",
    "Messages after a restore, by how: taken_over of the service's own, replayed of the others'.",
    ("how",),
    registry=REGISTRY,
)
UNSENT_AGE = Gauge(
    "kaitong_outbox_unsent_age_seconds",
    "Age of the oldest message that is told and not known to be with the broker; 0: none.",
    registry=REGISTRY,
)
PUBLISHER_DIRECT = Gauge(
    "kaitong_publisher_direct",
    "1 while messages go to the broker straight after the commit, 0 while by the table.",
    registry=REGISTRY,
)
CALLS = Counter(
    "kaitong_attempts",
    "Operations tried on network elements, by what came of them.",
    ("element", "result"),
    registry=REGISTRY,
)
CALL_SECONDS = Histogram(
    "kaitong_attempt_call_seconds",
    "How long an element took to answer one call or question, by the element's type.",
    ("element_type",),
    buckets=FINE_BUCKETS,
    registry=REGISTRY,
)
STEP_SECONDS = Histogram(
    "kaitong_attempt_step_seconds",
    "From when an operation was wanted until its last answer was there, by the element's type.",
    ("element_type",),
    buckets=FINE_BUCKETS,
    registry=REGISTRY,
)
CALLS_WAITING = Gauge(
    "kaitong_attempts_waiting",
    "Operations that wait for a place at their element, by its type.",
    ("element_type",),
    registry=REGISTRY,
)
CALLS_WAITING_AGE = Gauge(
    "kaitong_attempts_waiting_age_seconds",
    "How long the oldest of them has waited.",
    ("element_type",),
    registry=REGISTRY,
)
DATABASE_WAIT = Gauge(
    "kaitong_database_wait_seconds",
    "How long work has waited for the database to come back; 0: none waits.",
    registry=REGISTRY,
)
IN_DOUBT = Gauge(
    "kaitong_attempts_in_doubt",
    "Operations on network elements whose outcome is unknown now.",
    registry=REGISTRY,
)
TIMERS_LATE = Gauge(
    "kaitong_timers_late_seconds", "How long the oldest due timer has waited.", registry=REGISTRY
)
LOG_WRITES_LOST = Counter(
    "kaitong_log_writes_lost",
    "Writes to the log that failed: its disk is full, or its reader is gone.",
    registry=REGISTRY,
)
REQUESTS = Histogram(
    "kaitong_http_request_seconds",
    "Requests answered, by route and status.",
    ("method", "route", "status"),
    buckets=FAST_BUCKETS,
    registry=REGISTRY,
)
REQUESTS_IN_PROGRESS = Gauge(
    "kaitong_http_requests_in_progress", "Requests being worked on.", registry=REGISTRY
)


@lru_cache(maxsize=4096)
def messages(type_: str, result: str) -> Counter:
    """Return the counter of messages of a type: `handled`, `parked` or `ignored`."""
    return MESSAGES.labels(type_, result)


@lru_cache(maxsize=4096)
def published(type_: str) -> Counter:
    """Return the counter of messages of a type that were told."""
    return PUBLISHED.labels(type_)


@lru_cache(maxsize=4096)
def calls(element: str, result: str) -> Counter:
    """Return the counter of an element's attempts: `done`, `refused`, `failed`, `undecided`, ..."""
    return CALLS.labels(element, result)


@lru_cache(maxsize=256)
def call_seconds(element_type: str) -> Histogram:
    """Return the histogram of how long elements of a type took to answer."""
    return CALL_SECONDS.labels(element_type)


@lru_cache(maxsize=256)
def step_seconds(element_type: str) -> Histogram:
    """Return the histogram of how long operations took that elements of a type were wanted for."""
    return STEP_SECONDS.labels(element_type)


@lru_cache(maxsize=4096)
def requests(method: str, route: str, status: int) -> Histogram:
    """Return the histogram of the requests to a route that were answered so."""
    return REQUESTS.labels(method, route, str(status))


@lru_cache(maxsize=16)
def batch_size(of: str) -> Histogram:
    """Return the histogram of batch sizes of `inbox`, `desk` or `runner`."""
    return BATCH_SIZE.labels(of)


@lru_cache(maxsize=16)
def batch_seconds(of: str) -> Histogram:
    """Return the histogram of how long the batches of `inbox`, `desk` or `runner` took."""
    return BATCH_SECONDS.labels(of)


def exposition() -> bytes:
    """Return all of it in Prometheus' text format."""
    return generate_latest(REGISTRY)
