"""A whole process: started without a broker, killed in the middle of work."""

import asyncio
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path
from uuid import uuid4

import pytest

from deploy.local.ports import free_port
from shared.config.settings import Settings
from shared.contracts import OrderAccepted
from shared.exit import EX_SOFTWARE
from shared.messaging.dead_letters import DeadLetterRow
from shared.persistence.database import Sessions
from tests.kernel import count_of, until
from tests.shared import small_service
from tests.shared.consuming import produce, seal_records
from tests.shared.order_log import accepted, assigned, logged_types
from tests.shared.service_process import running_process

pytestmark = pytest.mark.usefixtures("keys", "topics")


async def test_a_process_starts_without_a_broker_and_consumes_once_it_is_there(
    sessions: Sessions, settings: Settings
) -> None:
    await produce(settings, seal_records([accepted()]))
    port = free_port()
    with running_process(settings.model_copy(update={"kafka": f"127.0.0.1:{port}"})) as running:
        await until(running.is_ready)
        assert logged_types(sessions) == []
        async with forwarding(settings.kafka, port):
            await until(lambda: bool(logged_types(sessions)), timeout_s=30)
        assert running.end(signal.SIGTERM) == 0

    assert logged_types(sessions) == ["order.accepted"]


@asynccontextmanager
async def forwarding(broker: str, port: int) -> AsyncIterator[None]:
    """Forward a port to the broker, whose answers name its own address."""
    host, _, broker_port = broker.rpartition(":")

    async def forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        from_broker, to_broker = await asyncio.open_connection(host, int(broker_port))
        await asyncio.gather(copy(reader, to_broker), copy(from_broker, writer))

    async def copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with closing(writer):
            while data := await reader.read(1 << 16):
                writer.write(data)

    async with await asyncio.start_server(forward, "127.0.0.1", port):
        yield


async def test_a_process_that_is_killed_in_the_middle_loses_nothing_and_does_nothing_twice(
    sessions: Sessions, settings: Settings
) -> None:
    orders = [uuid4() for _ in range(300)]
    records = seal_records([make(each) for each in orders for make in (accepted, assigned)])
    records = [each._replace(topic=OrderAccepted.topic) for each in records]
    with running_process(settings) as killed:
        await until(killed.is_ready)
        producing = asyncio.create_task(produce(settings, records))
        await until(lambda: bool(logged_types(sessions, orders[0])))
        assert killed.end(signal.SIGKILL) == -signal.SIGKILL
        await producing

    with running_process(settings) as running:
        await until(running.is_ready)  # it handles signals from now on
        await until(
            lambda: all(len(logged_types(sessions, each)) == 2 for each in orders), timeout_s=40
        )
        assert running.end(signal.SIGTERM) == 0

    both = ["order.accepted", "resources.assigned"]
    assert all(logged_types(sessions, each) == both for each in orders)
    assert count_of(sessions, DeadLetterRow) == 0


def test_when_one_part_of_a_process_ends_the_process_does(tmp_path: Path) -> None:
    """An API must not answer while its worker is dead."""
    program = (
        "import asyncio\n"
        "from shared.runtime.fail_fast_tasks import start_critical_task\n"
        "async def part(): raise ZeroDivisionError\n"
        "async def main():\n"
        "    start_critical_task(part())\n"
        "    await asyncio.sleep(60)\n"
        "asyncio.run(main())\n"
    )
    script = tmp_path / "part.py"
    script.write_text(program)
    environment = {"PYTHONPATH": str(Path.cwd())}

    ended = subprocess.run(  # noqa: S603  our own script
        [sys.executable, str(script)], check=False, timeout=60, env=environment, capture_output=True
    )

    assert ended.returncode == EX_SOFTWARE
    assert b"ZeroDivisionError" in ended.stdout + ended.stderr


def test_what_cannot_start_says_why_in_one_line(settings: Settings) -> None:
    ended = subprocess.run(  # noqa: S603  our own module
        [sys.executable, "-m", small_service.__name__, "worcker"],
        check=False,
        timeout=60,
        env={"KAITONG_HOME": str(settings.home)},
        capture_output=True,
    )

    assert ended.returncode != 0
    assert ended.stderr == b"small: there is no process type worcker; use api, worker, all\n"
