"""Every metric that is declared moves, by what it says that it measures."""

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
from shared.health.monitor import Monitor, TroubleSources
from shared.http import Router
from shared.messaging.after_commit import AfterCommit
from shared.messaging.batch_handler import BatchHandler
from shared.messaging.crash_guard import CrashGuard, InFlightJournal
from shared.messaging.dispatcher import on, subscribe
from shared.messaging.publisher import Publisher
from shared.messaging.retry import retry_while_unavailable
from shared.observability.metrics import REGISTRY
from shared.observability.standard_streams import FailsafeStream
from shared.persistence.database import Sessions
from tests.conftest import delete_all_rows
from tests.kernel import FakeBroker, commit_messages_in, consume, database_outage, record_of, until
from tests.own_topics import own_topics
from tests.shared.batcher_client import logging_command, running_batcher, submit
from tests.shared.consuming import accepted_records, produce
from tests.shared.http.small_api import Reader, an_api, api_client, bearer, settings_for
from tests.shared.order_log import ORDER, SUBSCRIPTIONS, Reminded, accepted
from tests.shared.scripted_elements import ScriptedElement, an_outbound_call, request_calls, run_all
from tests.shared.test_parking import refuse
from tests.shared.test_recovery import recovered
from tests.shared.test_timers import remind

OURS = "kaitong_"
PAST = datetime.now(UTC) - timedelta(minutes=5)


@dataclass(frozen=True)
class World:
    """What there is to move metrics with."""

    sessions: Sessions
    settings: Settings
    folder: Path
    databases: dict[str, Sessions]
    """Those of the services, for what only one of them can have."""


Move = Callable[[World], AbstractAsyncContextManager[None]]


@pytest.fixture
def world(
    sessions: Sessions, settings: Settings, tmp_path: Path, databases: dict[str, Sessions]
) -> World:
    """An empty database and a broker."""
    return World(sessions, settings, tmp_path, databases)


@asynccontextmanager
async def something_handled(world: World) -> AsyncIterator[None]:
    publisher = Publisher(world.sessions, FakeBroker())
    crash_guard = CrashGuard(world.sessions, InFlightJournal(world.folder))
    await BatchHandler(world.sessions, publisher, SUBSCRIPTIONS, crash_guard).handle(
        [record_of(accepted())]
    )
    yield


@asynccontextmanager
async def something_served(world: World) -> AsyncIterator[None]:
    async with running_batcher(world.sessions) as batcher:
        await submit(batcher, logging_command(ORDER))
        yield


@asynccontextmanager
async def something_called(world: World) -> AsyncIterator[None]:
    request_calls(world.sessions, an_outbound_call())
    await run_all(world.sessions, world.folder, ScriptedElement())
    yield


@asynccontextmanager
async def something_told(world: World) -> AsyncIterator[None]:
    publisher = Publisher(world.sessions, FakeBroker())
    await publisher.commit(
        lambda after_commit: commit_messages_in(world.sessions, after_commit, accepted())
    )
    yield


@asynccontextmanager
async def a_broker_reached(world: World) -> AsyncIterator[None]:
    publisher = Publisher(world.sessions, FakeBroker())
    publisher._fall_back("out")  # noqa: SLF001  what another test's publisher found is over
    before = value("kaitong_publisher_direct", {})
    running = asyncio.create_task(publisher.run())
    await until(lambda: publisher.is_direct)
    assert before == 0
    yield
    running.cancel()


@asynccontextmanager
async def something_waits(world: World) -> AsyncIterator[None]:
    """Messages parked and unsent, a late timer, an operation in doubt; found by a monitor."""
    await Monitor(world.settings, world.sessions).report()
    refusing = SUBSCRIPTIONS | subscribe(on(OrderAccepted, refuse))
    consume(world.sessions, refusing, accepted(), now=PAST)
    remind(world.sessions, PAST, Reminded(order_id=uuid4()))
    request_calls(world.sessions, an_outbound_call(doubtful=True), now=PAST)
    commit_messages_in(
        world.sessions, AfterCommit(uuid4()), accepted(uuid4()), now=datetime.now(UTC)
    )
    with world.sessions.begin() as session:
        session.execute(text("UPDATE unsent SET told_at = :past"), {"past": PAST})
    await Monitor(world.settings, world.sessions).report()
    yield


@asynccontextmanager
async def an_account_contested(world: World) -> AsyncIterator[None]:
    sessions = world.databases["customer"]
    delete_all_rows(sessions)
    with sessions.begin() as session:
        session.execute(
            text(
                "INSERT INTO contested_accounts (tenant, account_id, since) VALUES ('', '', :past)"
            ),
            {"past": PAST},
        )
    await Monitor(world.settings, sessions, TroubleSources(database=CUSTOMER.troubles)).report()
    yield


@asynccontextmanager
async def something_unread(world: World) -> AsyncIterator[None]:
    with own_topics(world.settings):
        await produce(world.settings, accepted_records([ORDER]))
        ticks = count(step=2)  # each look finds the last report too old
        sources = TroubleSources(topics=("order",))
        monitor = Monitor(world.settings, world.sessions, sources, lambda: float(next(ticks)))
        async with asyncio.timeout(20):  # a topic that is new has no leader yet
            while (lag := (await monitor.report()).lag) is None or not lag.oldest_s:
                pass
        yield
        await monitor.close()


@asynccontextmanager
async def the_database_out(world: World) -> AsyncIterator[None]:
    failed = asyncio.Event()

    def fail(_: AfterCommit) -> None:
        failed.set()
        raise database_outage()

    waiting = asyncio.create_task(
        retry_while_unavailable(Publisher(world.sessions, FakeBroker()), fail)
    )
    await failed.wait()
    await until(lambda: value("kaitong_database_wait_seconds", {}) > 0)
    yield
    waiting.cancel()
    await asyncio.wait({waiting})
    assert value("kaitong_database_wait_seconds", {}) == 0


@asynccontextmanager
async def a_request_at_hand(world: World) -> AsyncIterator[None]:
    begun, end = asyncio.Event(), asyncio.Event()
    router = Router(tags=["slow"])

    @router.get("/slow")
    async def wait(_: Reader) -> str:
        begun.set()
        await end.wait()
        return ""

    settings = settings_for(world.folder)
    async with api_client(an_api(settings, routers=[router]), bearer(settings)) as client:
        asked = asyncio.create_task(client.get("/slow"))
        await begun.wait()
        yield
        end.set()
        await asked


@asynccontextmanager
async def a_request_answered(world: World) -> AsyncIterator[None]:
    settings = settings_for(world.folder)
    async with api_client(an_api(settings), bearer(settings)) as client:
        await client.get("/caller")
    yield


@asynccontextmanager
async def a_log_unwritable(_: World) -> AsyncIterator[None]:
    FailsafeStream(None).write("a line")
    yield


@asynccontextmanager
async def a_database_recovered(world: World) -> AsyncIterator[None]:
    with own_topics(world.settings):
        await recovered(world.settings, world.sessions, 3)
    yield


MOVES: list[tuple[str, dict[str, str], Move]] = [
    ("kaitong_messages", {"type": "order.accepted.v1", "result": "handled"}, something_handled),
    ("kaitong_messages_published", {"type": "order.accepted.v1"}, something_told),
    ("kaitong_batch_size", {"of": "inbox"}, something_handled),
    ("kaitong_batch_size", {"of": "command_batcher"}, something_served),
    ("kaitong_batch_size", {"of": "runner"}, something_called),
    ("kaitong_batch_seconds", {"of": "inbox"}, something_handled),
    ("kaitong_batch_seconds", {"of": "command_batcher"}, something_served),
    ("kaitong_batch_seconds", {"of": "runner"}, something_called),
    ("kaitong_trouble", {"kind": "parked"}, something_waits),
    ("kaitong_trouble", {"kind": "contested_accounts"}, an_account_contested),
    ("kaitong_trouble_age_seconds", {"kind": "late_timers"}, something_waits),
    ("kaitong_trouble_age_seconds", {"kind": "contested_accounts"}, an_account_contested),
    ("kaitong_parked", {"why": "rule-broken"}, something_waits),
    ("kaitong_lag", {"topic": "order"}, something_unread),
    ("kaitong_lag_seconds", {"topic": "order"}, something_unread),
    ("kaitong_recovery_messages", {"how": "taken_over"}, a_database_recovered),
    ("kaitong_recovery_messages", {"how": "replayed"}, a_database_recovered),
    ("kaitong_outbox_unsent_age_seconds", {}, something_waits),
    ("kaitong_publisher_direct", {}, a_broker_reached),
    ("kaitong_attempts", {"element": "olt", "result": "done"}, something_called),
    ("kaitong_attempt_call_seconds", {"element_type": "other"}, something_called),
    ("kaitong_attempt_step_seconds", {"element_type": "other"}, something_called),
    ("kaitong_attempts_waiting", {"element_type": "other"}, something_waits),
    ("kaitong_attempts_waiting_age_seconds", {"element_type": "other"}, something_waits),
    ("kaitong_database_wait_seconds", {}, the_database_out),
    ("kaitong_attempts_in_doubt", {}, something_waits),
    ("kaitong_timers_late_seconds", {}, something_waits),
    ("kaitong_log_writes_lost", {}, a_log_unwritable),
    ("kaitong_http_request_seconds", {"route": "/caller"}, a_request_answered),
    ("kaitong_http_requests_in_progress", {}, a_request_at_hand),
]
"""A metric, the labels of one of its series, and what moves it."""


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

    assert declared == {name for name, _, _ in MOVES}


@pytest.mark.parametrize(
    ("name", "labels", "move"), MOVES, ids=[f"{name}{labels}" for name, labels, _ in MOVES]
)
async def test_a_metric_moves_by_what_it_measures(
    name: str, labels: dict[str, str], move: Move, world: World
) -> None:
    await Monitor(world.settings, world.sessions).report()  # levels are those of an empty database
    fresh = {"kaitong_publisher_direct", "kaitong_lag_seconds"}  # a gauge of another test's moment
    before = 0.0 if name in fresh else value(name, labels)

    async with move(world):
        assert value(name, labels) > before


async def test_levels_fall_when_what_they_measure_is_gone(world: World) -> None:
    async with something_waits(world):
        raised = value("kaitong_trouble", {"kind": "parked"})

    with world.sessions.begin() as session:
        session.execute(text("DELETE FROM parked"))
    await Monitor(world.settings, world.sessions).report()

    assert (raised, value("kaitong_trouble", {"kind": "parked"})) == (1, 0)
    assert value("kaitong_parked", {}) == 0
