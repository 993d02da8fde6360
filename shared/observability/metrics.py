"""Prometheus metrics of a process.

Every metric of the kernel is declared here. Children are looked up once per
combination of labels and then cached: a count costs a dictionary lookup and an addition.
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

from shared.version import VERSION

REGISTRY = CollectorRegistry()
ProcessCollector(registry=REGISTRY)
PlatformCollector(registry=REGISTRY)
GCCollector(registry=REGISTRY)

FAST_BUCKETS = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
"""Seconds: from a cached response to a request that waits for the end of an outage."""

FINE_BUCKETS = (
    *(0.001, 0.002, 0.003, 0.004, 0.005, 0.006, 0.008, 0.01, 0.012, 0.015, 0.02, 0.025, 0.03),
    *(0.04, 0.05, 0.06, 0.08, 0.1, 0.12, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.75, 1.0, 2.0, 5.0),
    *(10.0, 30.0, 60.0),
)
"""Seconds, narrow buckets: a median read from them is accurate to about 10 %."""

SIZE_BUCKETS = (1, 2, 5, 10, 20, 50, 100, 200, 500)

BUILD = Gauge("kaitong_build", "The running version; always 1.", ("version",), registry=REGISTRY)
BUILD.labels(VERSION).set(1)

MESSAGES = Counter(
    "kaitong_messages",
    "Messages consumed, by result.",
    ("type", "result"),
    registry=REGISTRY,
)
PUBLISHED = Counter(
    "kaitong_messages_published", "Messages published.", ("type",), registry=REGISTRY
)
BATCH_SIZE = Histogram(
    "kaitong_batch_size",
    "How many items one transaction handled, by the component (inbox, command_batcher, runner).",
    ("of",),
    buckets=SIZE_BUCKETS,
    registry=REGISTRY,
)
BATCH_SECONDS = Histogram(
    "kaitong_batch_seconds",
    "Time until one batch was committed, its wait for the writing thread included.",
    ("of",),
    buckets=FAST_BUCKETS,
    registry=REGISTRY,
)
TROUBLE = Gauge(
    "kaitong_trouble",
    "Troubles by kind: how many messages, orders, calls, ... each concerns; 0: no trouble.",
    ("kind",),
    registry=REGISTRY,
)
TROUBLE_AGE = Gauge(
    "kaitong_trouble_age_seconds",
    "How long a trouble has lasted, by kind: the longest, if there are several.",
    ("kind",),
    registry=REGISTRY,
)
PARKED = Gauge("kaitong_parked", "Dead letters parked now, by reason.", ("why",), registry=REGISTRY)
LAG = Gauge("kaitong_lag", "Unread messages on a topic.", ("topic",), registry=REGISTRY)
LAG_AGE = Gauge(
    "kaitong_lag_seconds",
    "Age of the oldest unread message on a topic; 0: all are read.",
    ("topic",),
    registry=REGISTRY,
)
RECOVERED = Counter(
    "kaitong_recovery_messages",
    "Messages handled after a restore: taken_over (the service's own), replayed (the others').",
    ("how",),
    registry=REGISTRY,
)
UNSENT_AGE = Gauge(
    "kaitong_outbox_unsent_age_seconds",
    "Age of the oldest committed message that the broker has not confirmed; 0: none.",
    registry=REGISTRY,
)
PUBLISHER_DIRECT = Gauge(
    "kaitong_publisher_direct",
    "1 while messages are published directly after the commit, 0 while from the table.",
    registry=REGISTRY,
)
CALLS = Counter(
    "kaitong_attempts",
    "Operations on network elements, by result.",
    ("element", "result"),
    registry=REGISTRY,
)
CALL_SECONDS = Histogram(
    "kaitong_attempt_call_seconds",
    "Time an element took to answer one call or query, by the element's type.",
    ("element_type",),
    buckets=FINE_BUCKETS,
    registry=REGISTRY,
)
STEP_SECONDS = Histogram(
    "kaitong_attempt_step_seconds",
    "Time from the request of an operation to its last answer, by the element's type.",
    ("element_type",),
    buckets=FINE_BUCKETS,
    registry=REGISTRY,
)
CALLS_WAITING = Gauge(
    "kaitong_attempts_waiting",
    "Operations that wait for a place at their element, by the element's type.",
    ("element_type",),
    registry=REGISTRY,
)
CALLS_WAITING_AGE = Gauge(
    "kaitong_attempts_waiting_age_seconds",
    "How long the oldest waiting operation has waited, by the element's type.",
    ("element_type",),
    registry=REGISTRY,
)
DATABASE_WAIT = Gauge(
    "kaitong_database_wait_seconds",
    "How long work has waited for the database during an outage; 0: none waits.",
    registry=REGISTRY,
)
IN_DOUBT = Gauge(
    "kaitong_attempts_in_doubt",
    "Operations on network elements whose outcome is unknown.",
    registry=REGISTRY,
)
TIMERS_LATE = Gauge(
    "kaitong_timers_late_seconds", "How long the oldest due timer has waited.", registry=REGISTRY
)
LOG_WRITES_LOST = Counter(
    "kaitong_log_writes_lost",
    "Writes to the log that failed: its disk is full, or its reader has ended.",
    registry=REGISTRY,
)
REQUESTS = Histogram(
    "kaitong_http_request_seconds",
    "Time to answer a request, by method, route and status.",
    ("method", "route", "status"),
    buckets=FAST_BUCKETS,
    registry=REGISTRY,
)
REQUESTS_IN_PROGRESS = Gauge(
    "kaitong_http_requests_in_progress", "Requests in progress.", registry=REGISTRY
)


@lru_cache(maxsize=4096)
def messages(type_: str, result: str) -> Counter:
    """Return the counter of messages of a type: `handled`, `parked` or `ignored`."""
    return MESSAGES.labels(type_, result)


@lru_cache(maxsize=4096)
def published_messages(type_: str) -> Counter:
    """Return the counter of published messages of a type."""
    return PUBLISHED.labels(type_)


@lru_cache(maxsize=4096)
def calls(element: str, result: str) -> Counter:
    """Return the counter of an element's calls: `done`, `refused`, `failed`, `undecided`, ..."""
    return CALLS.labels(element, result)


@lru_cache(maxsize=256)
def call_seconds(element_type: str) -> Histogram:
    """Return the histogram of the answer times of elements of a type."""
    return CALL_SECONDS.labels(element_type)


@lru_cache(maxsize=256)
def step_seconds(element_type: str) -> Histogram:
    """Return the histogram of the durations of operations on elements of a type."""
    return STEP_SECONDS.labels(element_type)


@lru_cache(maxsize=4096)
def requests(method: str, route: str, status: int) -> Histogram:
    """Return the histogram of the requests to a route that had this status."""
    return REQUESTS.labels(method, route, str(status))


@lru_cache(maxsize=16)
def batch_size(component: str) -> Histogram:
    """Return the histogram of batch sizes of `inbox`, `command_batcher` or `runner`."""
    return BATCH_SIZE.labels(component)


@lru_cache(maxsize=16)
def batch_seconds(component: str) -> Histogram:
    """Return the histogram of batch durations of `inbox`, `command_batcher` or `runner`."""
    return BATCH_SECONDS.labels(component)


def exposition() -> bytes:
    """Return all metrics in Prometheus' text format."""
    return generate_latest(REGISTRY)
