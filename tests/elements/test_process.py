"""A simulator process drops connections, is killed, and still knows its operations."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
from httpx import AsyncClient

from tests.elements.builders import OLT, a_body, active, effects, path, put, set_faults
from tests.elements.simulator_process import Simulator, free_port


@pytest.fixture
def simulator(tmp_path: Path) -> Iterator[Simulator]:
    running = Simulator(tmp_path)
    yield running
    running.kill()


@pytest.fixture
async def client(simulator: Simulator) -> AsyncIterator[AsyncClient]:
    async with AsyncClient(base_url=simulator.url) as caller:
        yield caller


async def done(client: AsyncClient, operation_id: str) -> None:
    """Wait until the element has done the operation."""
    async with asyncio.timeout(20):
        while (await client.get(path(operation_id))).is_error:  # noqa: ASYNC110  another process
            await asyncio.sleep(0.01)


async def test_a_dropped_answer_is_no_answer_and_the_work_is_done(client: AsyncClient) -> None:
    await set_faults(client, {"fault": "drop", "times": 1})

    with pytest.raises(httpx.RemoteProtocolError, match="without sending a response"):
        await put(client)

    assert (await client.get(path())).json()["outcome"] == "done"
    assert (await put(client)).json()["outcome"] == "done"
    assert await effects(client) == {"op-1": 1}


async def test_a_silent_drop_keeps_the_caller_waiting_and_others_are_served(
    client: AsyncClient,
) -> None:
    await set_faults(client, {"fault": "drop", "then": "silence", "times": 1})

    with pytest.raises(httpx.ReadTimeout):
        await client.put(path(), json=a_body(), timeout=0.3)

    assert (await client.get(path())).json()["outcome"] == "done"


async def test_a_rejected_connection_is_no_answer_and_nothing_is_done(client: AsyncClient) -> None:
    await set_faults(client, {"fault": "reject-connection", "times": 1})

    with pytest.raises(httpx.TransportError):
        await put(client)

    assert (await client.get(path())).status_code == 404
    assert (await put(client)).status_code == 200


async def test_slow_calls_do_not_hold_up_others(client: AsyncClient) -> None:
    await set_faults(client, {"fault": "slow", "delay_ms": 60_000, "subject": "service-1"})
    waiting = asyncio.create_task(put(client, "op-1"))
    await done(client, "op-1")

    assert (await put(client, "op-2", subject="service-2")).status_code == 200
    assert not waiting.done()
    waiting.cancel()


async def test_nothing_that_was_answered_is_lost_by_a_kill(
    simulator: Simulator, client: AsyncClient
) -> None:
    """Killed under load: answered operations are known, and repeating all has no second effect."""
    answered: list[str] = []
    enough = asyncio.Event()

    async def call(number: int) -> None:
        try:
            answer = await put(client, f"op-{number}", subject=f"service-{number}")
        except httpx.TransportError:
            return
        answered.append(answer.json()["operation_id"])
        if len(answered) == 100:
            enough.set()

    calls = [asyncio.create_task(call(number)) for number in range(400)]
    await asyncio.wait_for(enough.wait(), 60)
    simulator.kill()
    await asyncio.gather(*calls)
    simulator.restart()

    async with AsyncClient(base_url=simulator.url) as again:
        kept = await effects(again)
        assert set(answered) <= kept.keys()
        assert len(answered) < 400
        for number in range(400):
            answer = await put(again, f"op-{number}", subject=f"service-{number}")
            assert answer.json()["outcome"] == "done"
        assert await effects(again) == {f"op-{number}": 1 for number in range(400)}
        assert len(await active(again)) == 400


async def test_work_whose_answer_was_dropped_survives_a_kill(
    simulator: Simulator, client: AsyncClient
) -> None:
    await set_faults(client, {"fault": "drop"})
    with pytest.raises(httpx.TransportError):
        await put(client)
    simulator.kill()
    simulator.restart()

    async with AsyncClient(base_url=simulator.url) as again:
        assert (await again.get(path())).json()["outcome"] == "done"
        assert len((await again.get(f"/elements/{OLT}/faults")).json()["faults"]) == 1


async def test_a_stop_is_quick_even_when_a_caller_waits_in_silence(
    simulator: Simulator, client: AsyncClient
) -> None:
    await set_faults(client, {"fault": "drop", "then": "silence"})
    waiting = asyncio.create_task(client.put(path(), json=a_body(), timeout=60))
    await done(client, "op-1")

    code = await asyncio.to_thread(simulator.stop)

    assert code in {0, -15}
    await asyncio.gather(waiting, return_exceptions=True)


def test_a_setting_that_cannot_work_stops_the_start_with_one_line(
    simulator: Simulator, tmp_path: Path
) -> None:
    elsewhere = str(tmp_path / "other")
    faults = {
        "KAITONG_HTTP_PORT is 'many'": {"KAITONG_HTTP_PORT": "many"},
        "KAITONG_HTTP_PORT is '999": {"KAITONG_HTTP_PORT": "9" * 5000},
        "change KAITONG_HTTP_PORT": {"KAITONG_STATE": elsewhere},
        "change KAITONG_STATE": {"KAITONG_HTTP_PORT": str(free_port())},
    }
    for line, settings in faults.items():
        code, log = simulator.log_of_a_second_start(**settings)
        assert code == 78
        assert line in log
        assert len(log.splitlines()) == 1
