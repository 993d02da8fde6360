"""A process ends soon and in order on SIGTERM, whatever it is waiting for."""

import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

import psutil
import pytest
from sqlalchemy import text

from deploy.local.ports import free_port
from shared.config.settings import Settings
from shared.persistence.database import Sessions
from tests.kernel import until
from tests.shared.consuming import produce, seal_records
from tests.shared.order_log import accepted, logged_types
from tests.shared.runtime import endless_task
from tests.shared.service_process import running_process
from tests.suspension import suspend

TIMEOUT_S = 15
"""A supervisor kills a process that has not ended after 20 s."""


pytestmark = pytest.mark.usefixtures("keys", "topics")


async def test_a_process_whose_database_is_out_at_its_start_ends_on_sigterm(
    settings: Settings,
) -> None:
    nowhere = f"postgresql+psycopg://nobody:none@127.0.0.1:{free_port()}/none"
    with running_process(settings.model_copy(update={"database_url": nowhere})) as waiting:
        await until(lambda: waiting.has_logged("database.unavailable"))

        assert waiting.end(signal.SIGTERM, TIMEOUT_S) == 0


async def test_a_process_whose_database_does_not_answer_at_its_start_ends_on_sigterm(
    settings: Settings,
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.settimeout(60)
        url = f"postgresql+psycopg://nobody:none@127.0.0.1:{silent.getsockname()[1]}/none"
        with running_process(settings.model_copy(update={"database_url": url})) as waiting:
            connection, _ = silent.accept()

            assert waiting.end(signal.SIGTERM, TIMEOUT_S) == 0
            connection.close()


@pytest.mark.usefixtures("sessions")
async def test_a_process_with_an_endless_task_ends_on_sigterm(settings: Settings) -> None:
    with running_process(settings, endless_task.__name__) as running:
        await until(running.is_ready)

        assert running.end(signal.SIGTERM, TIMEOUT_S) == 0


async def test_a_process_whose_database_hangs_in_the_middle_of_work_ends_on_sigterm(
    sessions: Sessions, settings: Settings
) -> None:
    orders = [uuid4() for _ in range(2_000)]
    named = settings.model_copy(
        update={"database_url": f"{settings.database_url}?application_name=hanging"}
    )
    with running_process(named) as busy:
        await until(lambda: busy.has_logged("publisher.is_direct"))
        await produce(settings, seal_records([accepted(each) for each in orders]))
        await until(lambda: bool(logged_types(sessions, orders[0])))
        with hanging(sessions):
            assert busy.end(signal.SIGTERM, TIMEOUT_S) == 0


@contextmanager
def hanging(sessions: Sessions) -> Iterator[None]:
    """Suspend the database's connections with the process."""
    own_pids = text("SELECT pid FROM pg_stat_activity WHERE application_name = 'hanging'")
    with sessions() as session:
        servers = [psutil.Process(pid) for pid in session.scalars(own_pids)]
    for server in servers:
        suspend(server)
    try:
        yield
    finally:
        for server in servers:
            server.resume()
