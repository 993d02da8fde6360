"""Slow clients take no slot of others; clients that disconnect cause no server error."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from starlette.types import Message

from shared.config.settings import Settings
from shared.errors import UnavailableError
from shared.http import protocol
from shared.http.body_buffer import BodyBuffer
from shared.observability import metrics
from tests.shared.http.small_api import an_api, bearer, settings_for
from tests.shared.http.sockets import (
    TIMEOUT_S,
    Server,
    connected,
    exchange_bytes,
    listening,
    post,
    read_until_closed,
    statuses,
)

SLOTS = 8
BODY = b'{"name": "a", "amount": 1}'
WHOLE = f"Content-Length: {len(BODY)}\r\nConnection: close"


@pytest.fixture
def limited_settings(tmp_path: Path) -> Settings:
    """Settings with a low limit of concurrent requests."""
    return settings_for(tmp_path, KAITONG_CONCURRENCY=str(SLOTS))


@pytest.fixture
async def small_server(limited_settings: Settings) -> AsyncIterator[Server]:
    """A server with few slots and the default time-outs."""
    async with listening(an_api(limited_settings), limited_settings) as server:
        yield server


def header(settings: Settings, client: str) -> bytes:
    """Return the header with the token of a client."""
    return b"Authorization: %b\r\n" % bearer(settings, client=client)["Authorization"].encode()


async def hold(port: int, request: bytes, until: asyncio.Event) -> bytes:
    """Send a request and keep the connection open until the event; return the answer."""
    async with connected(port) as (reader, writer):
        writer.write(request)
        await writer.drain()
        await until.wait()
        writer.write_eof()
        return await read_until_closed(reader)


async def test_slow_bodies_of_one_client_take_no_slot_of_another(
    small_server: Server, limited_settings: Settings
) -> None:
    until = asyncio.Event()
    slow = post(header(limited_settings, "slow"), "Content-Length: 100", b"{")
    async with asyncio.TaskGroup() as group:
        held = [group.create_task(hold(small_server.port, slow, until)) for _ in range(60)]
        others = post(header(limited_settings, "quick"), WHOLE, BODY)
        answers = [await exchange_bytes(small_server.port, others) for _ in range(10)]
        until.set()

    assert [statuses(each) for each in answers] == [[201]] * 10
    refused = [each.result() for each in held if each.result()]
    assert {status for each in refused for status in statuses(each)} == {429}
    assert len(refused) == 60 - SLOTS // 2
    assert all(b"too-many-bodies" in each and b"retry-after: 1" in each for each in refused)


async def test_a_client_whose_bodies_have_arrived_has_its_share_again(
    small_server: Server, limited_settings: Settings
) -> None:
    request = post(header(limited_settings, "slow"), WHOLE, BODY)
    halves = [request[:-5], request[-5:]]

    for _ in range(3):
        answers = await asyncio.gather(
            *(exchange_bytes(small_server.port, *halves) for _ in range(SLOTS // 2))
        )
        assert [statuses(each) for each in answers] == [[201]] * (SLOTS // 2)


async def test_responses_that_are_not_read_take_no_slot_of_another_client(
    small_server: Server, limited_settings: Settings
) -> None:
    until = asyncio.Event()
    request = b"GET /streamed HTTP/1.1\r\nHost: x\r\n" + header(limited_settings, "slow") + b"\r\n"
    async with asyncio.TaskGroup() as group:
        for _ in range(2 * SLOTS):
            begun = asyncio.Event()
            group.create_task(read_begin(small_server.port, request, begun, until))
            await begun.wait()
        answer = await exchange_bytes(
            small_server.port, post(header(limited_settings, "quick"), WHOLE, BODY)
        )
        until.set()

    assert statuses(answer) == [201]


async def read_begin(port: int, request: bytes, begun: asyncio.Event, until: asyncio.Event) -> None:
    """Send a request, read the begin of its answer, and wait for the event."""
    async with connected(port) as (reader, writer):
        writer.write(request)
        answer = await reader.read(100)
        begun.set()
        assert statuses(answer) == [200]
        await until.wait()
        writer.transport.abort()


async def test_a_client_that_disconnects_in_its_body_is_no_fault_and_logs_little(
    server: Server, authorization: bytes, capfd: pytest.CaptureFixture[str]
) -> None:
    before = unanswered(499)
    for _ in range(50):
        async with connected(server.port) as (_, writer):
            writer.write(post(authorization, "Content-Length: 100", b"{"))
            await writer.drain()
    async with asyncio.timeout(10):
        while unanswered(499) - before < 50:
            await exchange_bytes(server.port, post(authorization, WHOLE, BODY))

    lines = [json.loads(line) for line in capfd.readouterr().err.splitlines()]
    logged = [each for each in lines if each["event"] == "http.unanswered"]
    assert {each["level"] for each in lines} == {"info"}
    assert 1 <= len(logged) < 10


async def test_a_body_that_does_not_come_counts_as_a_time_out(
    settings: Settings, authorization: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(protocol, "SOCKET_TIMEOUT_S", TIMEOUT_S)
    before = unanswered(408)

    async with listening(an_api(settings), settings) as server:
        answers = await exchange_bytes(
            server.port, post(authorization, "Content-Length: 100", b"{")
        )

    assert statuses(answers) == [408]
    assert unanswered(408) - before == 1


def unanswered(status: int) -> float:
    """Return the number of requests that ended with this status before they had a route."""
    found = metrics.REGISTRY.get_sample_value(
        "kaitong_http_request_seconds_count",
        {"method": "POST", "route": "unmatched", "status": str(status)},
    )
    return found or 0.0


async def test_the_size_of_all_bodies_together_is_limited() -> None:
    bodies = BodyBuffer(max_bytes=10, max_per_client=10, max_total_bytes=15)
    waiting = asyncio.Event()

    async def ten_then_wait() -> Message:
        if waiting.is_set():
            await asyncio.Event().wait()
        waiting.set()
        return {"type": "http.request", "body": b"0123456789", "more_body": True}

    async def six() -> Message:
        return {"type": "http.request", "body": b"012345", "more_body": False}

    first = asyncio.create_task(bodies.read("a", ten_then_wait))
    await waiting.wait()
    with pytest.raises(UnavailableError):
        await bodies.read("b", six)
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)

    assert (await (await bodies.read("b", six))())["body"] == b"012345"
