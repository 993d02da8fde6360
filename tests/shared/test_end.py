"""A process that is told to stop ends soon and in order, whatever it is waiting for."""

import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from uuid import uuid4

import psutil
import pytest
from sqlalchemy import text

from deploy.local.ports import free_port
from shared.config.settings import Settings
from shared.persistence.database import Sessions
from tests.kernel import until
from tests.shared import endless_task
from tests.shared.consuming import produce, seal_records
from tests.shared.order_log import accepted, logged_types
from tests.shared.service_process import running_process

TIMEOUT_S = 15
"""Seconds; a supervisor kills what has not ended after twenty."""


pytestmark = pytest.mark.usefixtures("keys", "topics")


async def test_a_process_whose_database_is_out_at_its_start_ends_when_told_to(
    settings: Settings,
) -> None:
    nowhere = f"postgresql+psycopg://nobody:none@127.0.0.1:{free_port()}/none"
    with running_process(replace(settings, database_url=nowhere)) as waiting:
        await until(lambda: waiting.says("database.unavailable"))

        assert waiting.end(signal.SIGTERM, TIMEOUT_S) == 0


async def test_a_process_whose_database_says_nothing_at_its_start_ends_when_told_to(
    settings: Settings,
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.settimeout(60)
        url = f"postgresql+psycopg://nobody:none@127.0.0.1:{silent.getsockname()[1]}/none"
        with running_process(replace(settings, database_url=url)) as waiting:
            connection, _ = silent.accept()

            assert waiting.end(signal.SIGTERM, TIMEOUT_S) == 0
            connection.close()


@pytest.mark.usefixtures("sessions")
async def test_a_process_ends_when_told_to_whatever_task_clings_to_it(settings: Settings) -> None:
    with running_process(settings, endless_task.__name__) as running:
        await until(running.answers)

        assert running.end(signal.SIGTERM, TIMEOUT_S) == 0


async def test_a_process_whose_database_hangs_in_the_middle_of_work_ends_when_told_to(
    sessions: Sessions, settings: Settings
) -> None:
    orders = [uuid4() for _ in range(2_000)]
    named = replace(settings, database_url=f"{settings.database_url}?application_name=hanging")
    with running_process(named) as busy:
        await until(lambda: busy.says("publisher.is_direct"))
        await produce(settings, seal_records([accepted(each) for each in orders]))
        await until(lambda: bool(logged_types(sessions, orders[0])))
        with hanging(sessions):
            assert busy.end(signal.SIGTERM, TIMEOUT_S) == 0


@contextmanager
def hanging(sessions: Sessions) -> Iterator[None]:
    """Let the database keep its connections with the process, and answer on none of them."""
    mine = text("SELECT pid FROM pg_stat_activity WHERE application_name = 'hanging'")
    with sessions() as session:
        servers = [psutil.Process(pid) for pid in session.scalars(mine)]
    for server in servers:
        server.suspend()
    try:
        yield
    finally:
        for server in servers:
            server.resume()
