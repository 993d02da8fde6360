"""The watch of a database: out, slow, full, read-only, and backlogs in its tables."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from deploy.local.postgres import Postgres
from shared.calls.element_limits import no_limits
from shared.contracts import OrderAccepted
from shared.health.database_checker import DatabaseChecker
from shared.messaging.dispatcher import index_subscriptions, on
from shared.observability.troubles import Trouble, TroubleKind
from shared.persistence.database import Sessions, make_sessions
from shared.persistence.write_probe import WRITE_REFUSALS
from tests.kernel import commit_messages, consume
from tests.shared.messaging.test_dead_letters import refuse
from tests.shared.order_log import SUBSCRIPTIONS, OrderLogRow, TimerDue, accepted
from tests.shared.scheduling.test_scheduler import schedule
from tests.shared.scripted_elements import an_outbound_call, request_calls

NOWHERE = "postgresql+psycopg://nobody:nothing@127.0.0.1:1/none"


@pytest.fixture(autouse=True)
def nothing_refused() -> Iterator[None]:
    """Forget the write refusals of other tests."""
    WRITE_REFUSALS.clear()
    yield
    WRITE_REFUSALS.clear()


async def found(sessions: Sessions, service: str = "order") -> list[Trouble]:
    """Return the troubles that a watch finds in this database."""
    return (await DatabaseChecker(service, sessions, (), no_limits).check()).troubles


def kinds(troubles: list[Trouble]) -> set[TroubleKind]:
    return {each.kind for each in troubles}


def write(sessions: Sessions) -> None:
    """Write a row, and roll it back."""
    with sessions() as session:
        session.add(OrderLogRow(order_id=uuid4(), lines=(), written_at=datetime.now(UTC)))
        session.flush()


async def test_a_database_that_is_well_and_empty_has_no_trouble(sessions: Sessions) -> None:
    assert await found(sessions) == []


async def test_what_waits_too_long_is_reported_with_its_count_and_age(sessions: Sessions) -> None:
    past = datetime.now(UTC) - timedelta(minutes=5)
    consume(
        sessions,
        SUBSCRIPTIONS | index_subscriptions(on(OrderAccepted, refuse)),
        accepted(),
        now=past,
    )
    commit_messages(sessions, accepted())
    schedule(sessions, past, TimerDue(order_id=uuid4()), TimerDue(order_id=uuid4()))
    request_calls(sessions, an_outbound_call(doubtful=True), now=past)
    with sessions.begin() as session:
        session.execute(text("UPDATE unsent SET told_at = :past"), {"past": past})

    troubles = {each.kind: each for each in await found(sessions)}

    assert {kind: each.count for kind, each in troubles.items()} == {
        TroubleKind.PARKED: 1,
        TroubleKind.UNSENT: 1,
        TroubleKind.LATE_TIMERS: 2,
        TroubleKind.IN_DOUBT: 1,
    }
    assert all(300 <= each.oldest_age_s < 330 for each in troubles.values())
    assert troubles[TroubleKind.PARKED].part == "rule-broken"
    assert not any(each.is_blocking or each.is_notice for each in troubles.values())


async def test_what_is_young_is_no_trouble_yet(sessions: Sessions) -> None:
    now = datetime.now(UTC)
    commit_messages(sessions, accepted())
    schedule(sessions, now, TimerDue(order_id=uuid4()))
    with sessions.begin() as session:
        session.execute(text("UPDATE unsent SET told_at = :now"), {"now": now})

    assert await found(sessions) == []


async def test_a_database_that_is_out_blocks_and_names_setting_and_remedy() -> None:
    (out,) = await found(make_sessions(NOWHERE), "resources")

    assert out.is_blocking
    assert out.says == "PostgreSQL refuses connections: requests are refused, messages wait"
    assert out.remedy == "start it, or correct the host and port in KAITONG_DATABASE_RESOURCES"


async def test_a_database_that_does_not_answer_is_reported_in_time() -> None:
    async def say_nothing(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(5)
        writer.close()

    server = await asyncio.start_server(say_nothing, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    began = time.monotonic()

    troubles = await found(make_sessions(NOWHERE.replace(":1/", f":{port}/")))
    server.close()

    assert kinds(troubles) == {TroubleKind.DATABASE_OUT}
    assert time.monotonic() - began < 3


async def test_a_read_only_database_blocks_until_it_takes_writes_again(
    sessions: Sessions, postgres: Postgres
) -> None:
    url = sessions.kw["bind"].url.render_as_string(hide_password=False)
    with read_only(postgres, "test_order"):
        reading = make_sessions(url)
        with pytest.raises(OperationalError):  # transient: the client may retry
            write(reading)
        refused = await found(reading)
    taken = await found(reading)
    write(reading)
    reading.kw["bind"].dispose()

    assert kinds(refused) == {TroubleKind.DATABASE_READ_ONLY}
    assert refused[0].is_blocking
    assert taken == []


@contextmanager
def read_only(postgres: Postgres, database: str) -> Iterator[None]:
    """Make new connections to a database read-only until the block ends."""
    setting = f"ALTER DATABASE {database} SET default_transaction_read_only = "
    url = f"{postgres.url}/postgres".replace("+psycopg", "")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"{setting} on")
        try:
            yield
        finally:
            connection.execute(f"{setting} off")


async def test_a_pool_that_is_used_up_is_no_outage(sessions: Sessions) -> None:
    held = [sessions() for _ in range(8)]
    for session in held:
        session.execute(text("SELECT 1"))

    troubles = await found(sessions)
    for session in held:
        session.close()

    assert troubles == []


async def test_counting_that_takes_too_long_is_reported_as_slow(sessions: Sessions) -> None:
    def sleep(session: Session, _: datetime) -> list[Trouble]:
        session.execute(text("SELECT pg_sleep(5)"))
        return []

    seen = await DatabaseChecker("order", sessions, (sleep,), no_limits).check()

    assert kinds(seen.troubles) == {TroubleKind.DATABASE_SLOW}
    assert not seen.troubles[0].is_blocking


async def test_a_database_that_answers_and_counts_for_long_is_not_out(sessions: Sessions) -> None:
    watch = DatabaseChecker("order", sessions, (sleep_in_steps,), no_limits)
    seen = await watch.check()

    assert kinds(seen.troubles) == {TroubleKind.DATABASE_SLOW}


def sleep_in_steps(session: Session, _: datetime) -> list[Trouble]:
    """Take long in several short statements."""
    for _step in range(4):
        session.execute(text("SELECT pg_sleep(0.8)"))
    return []
