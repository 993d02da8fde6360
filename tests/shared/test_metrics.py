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
from shared.health.monitor import Monitor, Sources
from shared.http import Router
from shared.messaging.after_commit import Dispatch
from shared.messaging.batch_handler import Worker
from shared.messaging.crash_guard import Caution, Lifeline
from shared.messaging.dispatcher import on, subscribe
from shared.messaging.publisher import Relay
from shared.messaging.retry import patiently
from shared.observability.metrics import REGISTRY
from shared.observability.standard_streams import Stream
from shared.persistence.database import Sessions
from tests.conftest import empty
from tests.kernel import Broker, hear, passing_trouble, record_of, tell_in, until
from tests.own_topics import own_topics
from tests.shared.counter import note, open_desk, serve
from tests.shared.elements import Element, an_attempt, run_all, want
from tests.shared.hearing import facts, produce
from tests.shared.http.api import Reader, an_api, bearer, calling, settings_for
from tests.shared.ledger import ORDER, SUBSCRIPTIONS, Reminded, accepted
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
    relay = Relay(world.sessions, Broker())
    caution = Caution(world.sessions, Lifeline(world.folder))
    await Worker(world.sessions, relay, SUBSCRIPTIONS, caution).handle([record_of(accepted())])
    yield


@asynccontextmanager
async def something_served(world: World) -> AsyncIterator[None]:
    async with open_desk(world.sessions) as desk:
        await serve(desk, note(ORDER))
        yield


@asynccontextmanager
async def something_called(world: World) -> AsyncIterator[None]:
    want(world.sessions, an_attempt())
    await run_all(world.sessions, world.folder, Element())
    yield


@asynccontextmanager
async def something_told(world: World) -> AsyncIterator[None]:
    relay = Relay(world.sessions, Broker())
    await relay.commit(lambda dispatch: tell_in(world.sessions, dispatch, accepted()))
    yield


@asynccontextmanager
async def a_broker_reached(world: World) -> AsyncIterator[None]:
    relay = Relay(world.sessions, Broker())
    relay._stumble("out")  # noqa: SLF001  what another test's relay found is over
    before = value("kaitong_relay_direct", {})
    running = asyncio.create_task(relay.run())
    await until(lambda: relay.is_direct)
    assert before == 0
    yield
    running.cancel()


@asynccontextmanager
async def something_waits(world: World) -> AsyncIterator[None]:
    """Messages parked and unsent, a late timer, an operation in doubt; found by a monitor."""
    await Monitor(world.settings, world.sessions).report()
    refusing = SUBSCRIPTIONS | subscribe(on(OrderAccepted, refuse))
    hear(world.sessions, refusing, accepted(), now=PAST)
    remind(world.sessions, PAST, Reminded(order_id=uuid4()))
    want(world.sessions, an_attempt(doubtful=True), now=PAST)
    tell_in(world.sessions, Dispatch(uuid4()), accepted(uuid4()), now=datetime.now(UTC))
    with world.sessions.begin() as session:
        session.execute(text("UPDATE unsent SET told_at = :past"), {"past": PAST})
    await Monitor(world.settings, world.sessions).report()
    yield


@asynccontextmanager
async def an_account_contested(world: World) -> AsyncIterator[None]:
    sessions = world.databases["customer"]
    empty(sessions)
    with sessions.begin() as session:
        session.execute(
            text(
                "INSERT INTO contested_accounts (tenant, account_id, since) VALUES ('', '', :past)"
            ),
            {"past": PAST},
        )
    await Monitor(world.settings, sessions, Sources(database=CUSTOMER.troubles)).report()
    yield


@asynccontextmanager
async def something_unread(world: World) -> AsyncIterator[None]:
    with own_topics(world.settings):
        await produce(world.settings, facts([ORDER]))
        ticks = count(step=2)  # each look finds the last report too old
        sources = Sources(topics=("order",))
        monitor = Monitor(world.settings, world.sessions, sources, lambda: float(next(ticks)))
        async with asyncio.timeout(20):  # a topic that is new has no leader yet
            while (lag := (await monitor.report()).lag) is None or not lag.oldest_s:
                pass
        yield
        await monitor.close()


@asynccontextmanager
async def the_database_out(world: World) -> AsyncIterator[None]:
    failed = asyncio.Event()

    def fail(_: Dispatch) -> None:
        failed.set()
        raise passing_trouble()

    waiting = asyncio.create_task(patiently(Relay(world.sessions, Broker()), fail))
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
    async with calling(an_api(settings, routers=[router]), bearer(settings)) as client:
        asked = asyncio.create_task(client.get("/slow"))
        await begun.wait()
        yield
        end.set()
        await asked


@asynccontextmanager
async def a_request_answered(world: World) -> AsyncIterator[None]:
    settings = settings_for(world.folder)
    async with calling(an_api(settings), bearer(settings)) as client:
        await client.get("/caller")
    yield


@asynccontextmanager
async def a_log_unwritable(_: World) -> AsyncIterator[None]:
    Stream(None).write("a line")
    yield


@asynccontextmanager
async def a_database_recovered(world: World) -> AsyncIterator[None]:
    with own_topics(world.settings):
        await recovered(world.settings, world.sessions, 3)
    yield


MOVES: list[tuple[str, dict[str, str], Move]] = [
    ("kaitong_messages", {"type": "order.accepted.v1", "result": "handled"}, something_handled),
    ("kaitong_messages_told", {"type": "order.accepted.v1"}, something_told),
    ("kaitong_batch_size", {"of": "inbox"}, something_handled),
    ("kaitong_batch_size", {"of": "desk"}, something_served),
    ("kaitong_batch_size", {"of": "runner"}, something_called),
    ("kaitong_batch_seconds", {"of": "inbox"}, something_handled),
    ("kaitong_batch_seconds", {"of": "desk"}, something_served),
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
    ("kaitong_relay_direct", {}, a_broker_reached),
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
    ("kaitong_http_requests_now", {}, a_request_at_hand),
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
    fresh = {"kaitong_relay_direct", "kaitong_lag_seconds"}  # a gauge of another test's moment
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
