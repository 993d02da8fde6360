"""An orderly shutdown logs no errors; messages that need no person have a lower level."""

import asyncio
import importlib
import logging
import signal
import threading
from contextlib import suppress
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from uuid import uuid4

import pytest
from httpx import AsyncClient, TransportError
from sqlalchemy import text
from structlog.testing import capture_logs

from deploy.local.kafka import Kafka
from shared.config.settings import Settings
from shared.observability import logs
from shared.observability.third_party_log_levels import (
    RULES,
    LevelRule,
    Shutdown,
    begin_shutdown,
    with_lowered_level,
)
from shared.persistence.database import Sessions
from shared.security.development_keys import make_token
from tests.kernel import until
from tests.shared.consuming import produce, seal_records
from tests.shared.order_log import accepted, logged_types
from tests.shared.service_process import errors_in, running_process

TIMEOUT_S = 60.0


@pytest.fixture(scope="module")
def kafka(own_kafka: Kafka) -> Kafka:
    """A broker that these tests may stop, suspend and kill."""
    return own_kafka


@pytest.mark.usefixtures("keys", "topics")
async def test_a_process_stopped_under_traffic_logs_no_error(
    sessions: Sessions, settings: Settings
) -> None:
    orders = [uuid4() for _ in range(2_000)]
    with running_process(settings) as busy:
        await until(lambda: busy.has_logged("publisher.is_direct"), TIMEOUT_S)
        await produce(settings, seal_records([accepted(each) for each in orders]))
        await until(lambda: bool(logged_types(sessions, orders[0])), TIMEOUT_S)

        assert busy.end(signal.SIGTERM) == 0

    assert errors_in(busy.log) == []


async def request_until_it_ends(client: AsyncClient, statuses: list[int]) -> None:
    """Send requests to a process until it is gone, and collect the statuses."""
    with suppress(TransportError):
        while True:
            statuses.append((await client.get("/ops/v1/state")).status_code)


def a_statement_waits_for_a_lock(sessions: Sessions) -> bool:
    """Return whether a statement waits for the lock of another transaction."""
    with sessions() as session:
        return bool(session.scalar(text("SELECT count(*) FROM pg_locks WHERE NOT granted")))


@pytest.mark.usefixtures("keys", "topics")
async def test_a_process_stopped_while_requests_are_under_way_logs_no_error(
    sessions: Sessions, settings: Settings
) -> None:
    """Some are sent all the time, and one still waits for the database at the end."""
    statuses: list[int] = []
    token = make_token(settings.auth_keys, "viewer", now=datetime.now(UTC))
    with running_process(settings) as busy, sessions.begin() as locking:
        await until(lambda: busy.is_ready() and busy.has_logged("publisher.is_direct"), TIMEOUT_S)
        url, headers = f"http://127.0.0.1:{busy.port}", {"Authorization": f"Bearer {token}"}
        async with AsyncClient(base_url=url, headers=headers, timeout=TIMEOUT_S) as client:
            requests = [
                asyncio.create_task(request_until_it_ends(client, statuses)) for _ in range(8)
            ]
            await until(lambda: len(statuses) > 100, TIMEOUT_S)
            locking.execute(text("LOCK TABLE history IN ACCESS EXCLUSIVE MODE"))
            stuck = asyncio.create_task(client.get(f"/ops/v1/journeys/{uuid4()}"))
            await until(lambda: a_statement_waits_for_a_lock(sessions), TIMEOUT_S)

            code = await asyncio.to_thread(busy.end, signal.SIGTERM)

            await asyncio.wait([stuck, *requests])

    assert code == 0
    assert isinstance(stuck.exception(), TransportError)
    assert set(statuses) == {HTTPStatus.OK}
    errors = errors_in(busy.log)
    assert not errors, "\n".join(map(str, errors))
    assert "Traceback" not in busy.log.read_text()
    assert busy.has_logged("http.requests_cancelled")


@pytest.mark.usefixtures("keys", "topics")
async def test_a_process_stopped_while_kafka_is_out_logs_no_error(
    sessions: Sessions, settings: Settings, kafka: Kafka
) -> None:
    with running_process(settings) as running:
        await until(lambda: running.has_logged("publisher.is_direct"), TIMEOUT_S)
        await produce(settings, seal_records([accepted()]))
        await until(lambda: bool(logged_types(sessions)), TIMEOUT_S)
        kafka.kill()
        try:
            await until(lambda: running.has_logged("Unable"), TIMEOUT_S)
            assert running.end(signal.SIGTERM) == 0
        finally:
            kafka.start()

    errors = errors_in(running.log)
    assert not errors, "\n".join(map(str, errors))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.prefix)
def test_a_message_of_the_list_is_written_at_its_level_without_traceback(rule: LevelRule) -> None:
    record = logging.LogRecord(
        f"{rule.package}.inside", logging.ERROR, "", 0, f"{rule.prefix} x", None, (None, None, None)
    )

    written = with_lowered_level(record)

    assert (written.levelno, written.levelname) == (rule.level, logging.getLevelName(rule.level))
    assert written.exc_info is None


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.prefix)
def test_a_message_of_the_list_is_one_that_its_library_has(rule: LevelRule) -> None:
    folder = Path(importlib.import_module(rule.package).__file__ or "").parent

    sources = (file.read_text() for file in folder.rglob("*.py"))

    assert any(rule.prefix in source for source in sources)


@pytest.mark.parametrize("name", ["aiokafka.client", "faust.app", "another"])
def test_a_message_that_is_not_on_the_list_keeps_its_level(name: str) -> None:
    record = logging.LogRecord(name, logging.ERROR, "", 0, "something is wrong", None, None)

    assert with_lowered_level(record) is record


def test_messages_of_the_messaging_libraries_during_a_shutdown_are_no_errors(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Shutdown, "has_begun", False)
    record = logging.LogRecord("faust.app", logging.CRITICAL, "", 0, "Crashed", None, None)
    own = logging.LogRecord("shared", logging.ERROR, "", 0, "Crashed", None, None)

    begin_shutdown()

    assert with_lowered_level(record).levelno == logging.INFO
    assert with_lowered_level(own) is own


@pytest.mark.parametrize(("is_ending", "level"), [(True, "info"), (False, "critical")])
def test_an_exception_that_ends_a_thread_is_an_error_unless_the_end_was_asked_for(
    monkeypatch: pytest.MonkeyPatch, *, is_ending: bool, level: str
) -> None:
    monkeypatch.setattr(Shutdown, "has_begun", is_ending)
    error = ConnectionError("Kafka is out")

    with capture_logs() as logged:
        logs.log_uncaught_in_thread(threading.ExceptHookArgs((type(error), error, None, None)))

    assert [line["log_level"] for line in logged] == [level]


@pytest.mark.parametrize(
    ("error", "is_ending", "level"),
    [
        (asyncio.CancelledError(), True, logging.INFO),
        (asyncio.CancelledError(), False, logging.ERROR),
        (ValueError("a bug"), True, logging.ERROR),
    ],
)
def test_a_request_that_is_cut_off_at_the_end_is_no_error_and_one_that_fails_then_is(
    monkeypatch: pytest.MonkeyPatch, error: BaseException, *, is_ending: bool, level: int
) -> None:
    monkeypatch.setattr(Shutdown, "has_begun", is_ending)
    exc_info = (type(error), error, None)
    record = logging.LogRecord("uvicorn.error", logging.ERROR, "", 0, "Exception", None, exc_info)

    assert with_lowered_level(record).levelno == level
