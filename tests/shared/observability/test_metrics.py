"""Every declared metric moves by what it measures."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from uuid import uuid4

import pytest
from prometheus_client.samples import Sample
from sqlalchemy import text

from services.customer.app import SERVICE as CUSTOMER
from shared.config.settings import Settings
from shared.contracts import OrderAccepted
from shared.health.monitor import Monitor, MonitorInputs
from shared.http import Router
from shared.messaging.batch_handler import BatchHandler
from shared.messaging.commit_context import CommitContext
from shared.messaging.crash_guard import CrashGuard, InFlightJournal
from shared.messaging.dispatcher import index_subscriptions, on
from shared.messaging.publisher import Publisher
from shared.messaging.retry import retry_while_unavailable
from shared.messaging.writer import Writer
from shared.observability.metrics import REGISTRY
from shared.observability.standard_streams import FailsafeStream
from shared.persistence.database import Sessions
from tests.conftest import delete_all_rows
from tests.kernel import FakeBroker, commit_messages_in, consume, database_outage, record_of, until
from tests.own_topics import own_topics
from tests.shared.batcher_client import logging_command, running_batcher, submit
from tests.shared.consuming import accepted_records, produce
from tests.shared.http.small_api import ReadAccess, an_api, api_client, bearer, settings_for
from tests.shared.messaging.test_dead_letters import refuse
from tests.shared.order_log import ORDER, SUBSCRIPTIONS, TimerDue, accepted
from tests.shared.recovery.test_recovery import recovered
from tests.shared.scheduling.test_scheduler import schedule
from tests.shared.scripted_elements import ScriptedElement, an_outbound_call, request_calls, run_all

OURS = "kaitong_"
PAST = datetime.now(UTC) - timedelta(minutes=5)


@dataclass(frozen=True)
class MetricSystem:
    """The database, settings and folder with which a test moves metrics."""

    sessions: Sessions
    settings: Settings
    folder: Path
    databases: dict[str, Sessions]
    """Those of the services, for the tables of one service."""


Move = Callable[[MetricSystem], AbstractAsyncContextManager[None]]


@pytest.fixture
def system(
    sessions: Sessions, settings: Settings, tmp_path: Path, databases: dict[str, Sessions]
) -> MetricSystem:
    """An empty database and a broker."""
    return MetricSystem(sessions, settings, tmp_path, databases)


@asynccontextmanager
async def message_handled(system: MetricSystem) -> AsyncIterator[None]:
    writer = Writer(system.sessions)
    crash_guard = CrashGuard(system.sessions, InFlightJournal(system.folder))
    await BatchHandler(system.sessions, writer, SUBSCRIPTIONS, crash_guard).handle(
        [record_of(accepted())]
    )
    yield


@asynccontextmanager
async def command_executed(system: MetricSystem) -> AsyncIterator[None]:
    async with running_batcher(system.sessions) as batcher:
        await submit(batcher, logging_command(ORDER))
        yield


@asynccontextmanager
async def call_made(system: MetricSystem) -> AsyncIterator[None]:
    request_calls(system.sessions, an_outbound_call())
    await run_all(system.sessions, system.folder, ScriptedElement())
    yield


@asynccontextmanager
async def message_published(system: MetricSystem) -> AsyncIterator[None]:
    publisher = Publisher(Writer(system.sessions), FakeBroker())
    await publisher.writer.commit(
        lambda commit_context: commit_messages_in(system.sessions, commit_context, accepted())
    )
    yield


@asynccontextmanager
async def broker_connected(system: MetricSystem) -> AsyncIterator[None]:
    publisher = Publisher(Writer(system.sessions), FakeBroker())
    publisher._fall_back("out")  # noqa: SLF001  reset the gauge of another test's publisher
    before = value("kaitong_publisher_direct", {})
    running = asyncio.create_task(publisher.run())
    await until(lambda: publisher.is_direct)
    assert before == 0
    yield
    running.cancel()


@asynccontextmanager
async def backlogs_found(system: MetricSystem) -> AsyncIterator[None]:
    """Parked and pending messages, a late timer, a call in doubt; found by a monitor."""
    await Monitor(system.settings, system.sessions).report()
    refusing = SUBSCRIPTIONS | index_subscriptions(on(OrderAccepted, refuse))
    consume(system.sessions, refusing, accepted(), now=PAST)
    schedule(system.sessions, PAST, TimerDue(order_id=uuid4()))
    request_calls(system.sessions, an_outbound_call(doubtful=True), now=PAST)
    commit_messages_in(
        system.sessions, CommitContext(uuid4()), accepted(uuid4()), now=datetime.now(UTC)
    )
    with system.sessions.begin() as session:
        session.execute(text("UPDATE unsent SET told_at = :past"), {"past": PAST})
    await Monitor(system.settings, system.sessions).report()
    yield


@asynccontextmanager
async def account_contested(system: MetricSystem) -> AsyncIterator[None]:
    sessions = system.databases["customer"]
    delete_all_rows(sessions)
    insert = "INSERT INTO contested_accounts (tenant, account_id, since) VALUES ('', '', :past)"
    with sessions.begin() as session:
        session.execute(text(insert), {"past": PAST})
    await Monitor(system.settings, sessions, MonitorInputs(database=CUSTOMER.troubles)).report()
    yield


@asynccontextmanager
async def records_unread(system: MetricSystem) -> AsyncIterator[None]:
    with own_topics(system.settings):
        await produce(system.settings, accepted_records([ORDER]))
        ticks = count(step=2)  # each call finds the last report too old
        sources = MonitorInputs(topics=("order",))
        monitor = Monitor(system.settings, system.sessions, sources, lambda: float(next(ticks)))
        async with asyncio.timeout(20):  # a new topic has no leader yet
            while (lag := (await monitor.report()).lag) is None or not lag.oldest_s:
                pass
        yield
        await monitor.close()


@asynccontextmanager
async def database_out(system: MetricSystem) -> AsyncIterator[None]:
    failed = asyncio.Event()

    def fail(_: CommitContext) -> None:
        failed.set()
        raise database_outage()

    waiting = asyncio.create_task(retry_while_unavailable(Writer(system.sessions), fail))
    await failed.wait()
    await until(lambda: value("kaitong_database_wait_seconds", {}) > 0)
    yield
    waiting.cancel()
    await asyncio.wait({waiting})
    assert value("kaitong_database_wait_seconds", {}) == 0


@asynccontextmanager
async def request_in_progress(system: MetricSystem) -> AsyncIterator[None]:
    begun, end = asyncio.Event(), asyncio.Event()
    router = Router(tags=["slow"])

    @router.get("/slow")
    async def wait(_: ReadAccess) -> str:
        begun.set()
        await end.wait()
        return ""

    settings = settings_for(system.folder)
    async with api_client(an_api(settings, routers=[router]), bearer(settings)) as client:
        request = asyncio.create_task(client.get("/slow"))
        await begun.wait()
        yield
        end.set()
        await request


@asynccontextmanager
async def request_answered(system: MetricSystem) -> AsyncIterator[None]:
    settings = settings_for(system.folder)
    async with api_client(an_api(settings), bearer(settings)) as client:
        await client.get("/caller")
    yield


@asynccontextmanager
async def log_write_failed(_: MetricSystem) -> AsyncIterator[None]:
    FailsafeStream(None).write("a line")
    yield


@asynccontextmanager
async def database_recovered(system: MetricSystem) -> AsyncIterator[None]:
    with own_topics(system.settings):
        await recovered(system.settings, system.sessions, 3)
    yield


MOVES: list[tuple[str, dict[str, str], Move]] = [
    ("kaitong_messages", {"type": "order.accepted.v1", "result": "handled"}, message_handled),
    ("kaitong_messages_published", {"type": "order.accepted.v1"}, message_published),
    ("kaitong_batch_size", {"of": "inbox"}, message_handled),
    ("kaitong_batch_size", {"of": "command_batcher"}, command_executed),
    ("kaitong_batch_size", {"of": "runner"}, call_made),
    ("kaitong_batch_seconds", {"of": "inbox"}, message_handled),
    ("kaitong_batch_seconds", {"of": "command_batcher"}, command_executed),
    ("kaitong_batch_seconds", {"of": "runner"}, call_made),
    ("kaitong_trouble", {"kind": "parked"}, backlogs_found),
    ("kaitong_trouble", {"kind": "contested_accounts"}, account_contested),
    ("kaitong_trouble_age_seconds", {"kind": "late_timers"}, backlogs_found),
    ("kaitong_trouble_age_seconds", {"kind": "contested_accounts"}, account_contested),
    ("kaitong_parked", {"why": "rule-broken"}, backlogs_found),
    ("kaitong_lag", {"topic": "order"}, records_unread),
    ("kaitong_lag_seconds", {"topic": "order"}, records_unread),
    ("kaitong_recovery_messages", {"how": "taken_over"}, database_recovered),
    ("kaitong_recovery_messages", {"how": "replayed"}, database_recovered),
    ("kaitong_outbox_unsent_age_seconds", {}, backlogs_found),
    ("kaitong_publisher_direct", {}, broker_connected),
    ("kaitong_attempts", {"element": "olt", "result": "done"}, call_made),
    ("kaitong_attempt_call_seconds", {"element_type": "other"}, call_made),
    ("kaitong_attempt_step_seconds", {"element_type": "other"}, call_made),
    ("kaitong_attempts_waiting", {"element_type": "other"}, backlogs_found),
    ("kaitong_attempts_waiting_age_seconds", {"element_type": "other"}, backlogs_found),
    ("kaitong_database_wait_seconds", {}, database_out),
    ("kaitong_attempts_in_doubt", {}, backlogs_found),
    ("kaitong_timers_late_seconds", {}, backlogs_found),
    ("kaitong_log_writes_lost", {}, log_write_failed),
    ("kaitong_http_request_seconds", {"route": "/caller"}, request_answered),
    ("kaitong_http_requests_in_progress", {}, request_in_progress),
]
"""A metric, the labels of one of its series, and the action that moves it."""

CONSTANT = {"kaitong_build"}
"""See tests/test_version.py."""


def samples(name: str, labels: dict[str, str]) -> list[Sample]:
    """Return a metric's series that have these labels."""
    return [
        sample
        for metric in REGISTRY.collect()
        if metric.name == name
        for sample in metric.samples
        if labels.items() <= sample.labels.items() and not sample.name.endswith("_created")
    ]


def value(name: str, labels: dict[str, str]) -> float:
    """Return the sum of a metric's series that have these labels."""
    return sum(sample.value for sample in samples(name, labels))


def test_every_declared_metric_is_moved_by_a_test() -> None:
    declared = {each.name for each in REGISTRY.collect() if each.name.startswith(OURS)}

    assert declared == {name for name, _, _ in MOVES} | CONSTANT


@pytest.mark.parametrize(
    ("name", "labels", "move"), MOVES, ids=[f"{name}{labels}" for name, labels, _ in MOVES]
)
async def test_a_metric_moves_by_what_it_measures(
    name: str, labels: dict[str, str], move: Move, system: MetricSystem
) -> None:
    await Monitor(
        system.settings, system.sessions
    ).report()  # levels are those of an empty database
    fresh = {"kaitong_publisher_direct", "kaitong_lag_seconds"}  # another test may have set them
    before = 0.0 if name in fresh else value(name, labels)

    async with move(system):
        assert value(name, labels) > before


async def test_levels_fall_when_what_they_measure_is_gone(system: MetricSystem) -> None:
    async with backlogs_found(system):
        raised = value("kaitong_trouble", {"kind": "parked"})

    with system.sessions.begin() as session:
        session.execute(text("DELETE FROM parked"))
    await Monitor(system.settings, system.sessions).report()

    assert (raised, value("kaitong_trouble", {"kind": "parked"})) == (1, 0)
    assert value("kaitong_parked", {}) == 0
