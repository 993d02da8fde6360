"""The server and bare sockets: none holds it up for ten seconds."""

import asyncio
import time

import pytest

from shared.config.settings import Settings
from shared.http import PortError, open_port, protocol
from shared.http.server import SHUTDOWN_GRACE_S
from tests.shared.http.small_api import an_api
from tests.shared.http.sockets import (
    LAST,
    LIVE,
    TIMEOUT_S,
    Server,
    connected,
    exchange_bytes,
    listening,
    post,
    read_until_closed,
    statuses,
)


async def test_socket_timeouts_are_less_than_ten_seconds() -> None:
    assert protocol.SOCKET_TIMEOUT_S + protocol.LINGER_S > TIMEOUT_S
    assert max(protocol.SOCKET_TIMEOUT_S, protocol.LINGER_S) < 10


@pytest.mark.parametrize("path", [b"/large", b"/streamed"])
@pytest.mark.parametrize("more", [b"", b"Connection: close\r\n"])
async def test_a_response_that_is_not_read_is_abandoned(
    server: Server, authorization: bytes, path: bytes, more: bytes
) -> None:
    async with connected(server.port) as (reader, writer):
        writer.write(b"GET %b HTTP/1.1\r\nHost: x\r\n%b" % (path, more) + authorization + b"\r\n")
        assert await reader.read(1)
        server.stopping.set()
        await asyncio.wait({server.serving}, timeout=0.8 * SHUTDOWN_GRACE_S)

        assert server.serving.done()


async def test_several_requests_share_a_connection(server: Server) -> None:
    answers = await exchange_bytes(server.port, LIVE, LIVE + LIVE, LAST)

    assert statuses(answers) == [200, 200, 200, 200]
    assert answers.count(b"\r\ndate: ") == 4
    assert b"\r\nserver:" not in answers


@pytest.mark.parametrize(
    "parts",
    [
        [],
        [b"G"],
        [b"GET / HTTP/1.1\r\nHost: x\r\n"],
        [b"GET / HTTP/1.1\r\n", b"X-A: b\r\n", b"X-C: "],
        [LIVE],
        [LIVE, b"GET /hea"],
    ],
)
async def test_a_socket_that_does_nothing_more_is_closed(
    server: Server, parts: list[bytes]
) -> None:
    began = time.monotonic()

    answers = await exchange_bytes(server.port, *parts)

    assert time.monotonic() - began < 10 * TIMEOUT_S
    assert statuses(answers) == [200] * parts.count(LIVE)


async def test_a_head_that_trickles_is_cut_off(server: Server) -> None:
    began = time.monotonic()
    async with connected(server.port) as (reader, writer):
        trickling = asyncio.create_task(trickle(writer, b"GET /health/live HTTP/1.1\r\nX-A: "))
        answers = await read_until_closed(reader)
        trickling.cancel()

    assert answers == b""
    assert TIMEOUT_S / 2 < time.monotonic() - began < 10 * TIMEOUT_S


async def trickle(writer: asyncio.StreamWriter, first: bytes) -> None:
    """Send a byte now and then, without end."""
    writer.write(first)
    while True:
        writer.write(b"a")
        await asyncio.sleep(TIMEOUT_S / 10)


async def test_a_body_that_trickles_is_refused(server: Server, authorization: bytes) -> None:
    async with connected(server.port) as (reader, writer):
        head = post(authorization, "Content-Length: 1000")
        trickling = asyncio.create_task(trickle(writer, head))
        answers = await read_until_closed(reader)
        trickling.cancel()

    assert statuses(answers) == [408]
    assert b"application/problem+json" in answers


async def test_a_body_that_never_comes_is_refused(server: Server, authorization: bytes) -> None:
    answers = await exchange_bytes(
        server.port, post(authorization, "Transfer-Encoding: chunked", b"5\r\nab")
    )

    assert statuses(answers) == [408]


async def test_a_body_that_comes_slowly_but_in_time_is_read(
    server: Server, authorization: bytes
) -> None:
    body = b'{"name": "a", "amount": 1}'
    head = post(authorization, f"Content-Length: {len(body)}\r\nConnection: close")

    answers = await exchange_bytes(server.port, head, *(body[n : n + 1] for n in range(len(body))))

    assert statuses(answers) == [201]


async def test_a_refusal_reaches_a_caller_that_is_still_sending(
    server: Server, authorization: bytes
) -> None:
    async with connected(server.port) as (reader, writer):
        writer.write(post(authorization, "Content-Length: 9000000"))
        answers = await reader.read(100)
        for _ in range(40):
            writer.write(b" " * 65_536)
            await writer.drain()
        answers += await read_until_closed(reader)

    assert statuses(answers) == [413]
    assert answers.endswith(b"}")


async def test_a_chunked_body_that_grows_too_large_is_refused(
    server: Server, authorization: bytes
) -> None:
    chunk = b"10000\r\n" + b" " * 65_536 + b"\r\n"

    answers = await exchange_bytes(
        server.port, post(authorization, "Transfer-Encoding: chunked"), *[chunk] * 40
    )

    assert statuses(answers) == [413]


async def test_many_idle_sockets_delay_no_other_request(server: Server) -> None:
    idle = [asyncio.create_task(exchange_bytes(server.port, b"GET ")) for _ in range(200)]

    assert statuses(await exchange_bytes(server.port, LAST)) == [200]
    assert set(await asyncio.gather(*idle)) == {b""}


async def test_requests_that_were_begun_end_before_the_process_does(
    settings: Settings, authorization: bytes
) -> None:
    body = b'{"name": "a", "amount": 1}'
    async with listening(an_api(settings), settings) as server:
        async with connected(server.port) as (reader, writer), connected(server.port) as (idle, _):
            writer.write(post(authorization, f"Content-Length: {len(body)}", body[:5]))
            assert statuses(await exchange_bytes(server.port, LAST)) == [200]
            server.stopping.set()
            assert await read_until_closed(idle) == b""
            writer.write(body[5:])
            answers = await read_until_closed(reader)
        with pytest.raises(ConnectionError):
            await asyncio.open_connection("127.0.0.1", server.port)

    assert statuses(answers) == [201]


async def test_a_taken_port_is_said_in_one_line(settings: Settings) -> None:
    async with listening(an_api(settings), settings) as server:
        taken = Settings.from_environment(
            "order",
            {
                "KAITONG_DATABASE_ORDER": settings.database_url,
                "KAITONG_HTTP_PORT": str(server.port),
            },
        )
        with pytest.raises(PortError) as caught:
            open_port(taken)

    message = str(caught.value)
    assert message.startswith(f"port {server.port} on 127.0.0.1 is taken: ")
    assert "\n" not in message


@pytest.mark.parametrize("host", ["192.0.2.1", "no.such.host.invalid"])
def test_an_address_of_another_machine_is_said_in_one_line(settings: Settings, host: str) -> None:
    elsewhere = Settings.from_environment(
        "order",
        {
            "KAITONG_DATABASE_ORDER": "postgresql://order:long-and-secret@db/x",
            "KAITONG_HTTP_HOST": host,
            "KAITONG_HOME": str(settings.home / "none"),
        },
    )

    with pytest.raises(PortError, match="KAITONG_HTTP_HOST"):
        open_port(elsewhere)
