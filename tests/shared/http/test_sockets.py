"""What a bare socket can do to us: nothing for longer than ten seconds, and no harm."""

import asyncio
import time
from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis import settings as trying
from hypothesis import strategies as st

from shared.http import PortError, open_port, protocol
from shared.http.listen import GRACE
from shared.http.protocol import LARGEST_HEAD, MOST_HEADERS
from shared.settings import Settings
from tests.shared.http.api import an_api, bearer
from tests.shared.http.sockets import Server, connected, heard, listening, say, statuses

PATIENCE = 0.4
"""Instead of the ten seconds, so that the tests need not wait so long."""

LIVE = b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n"
LAST = b"GET /health/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"


@pytest.fixture
async def server(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Server]:
    monkeypatch.setattr(protocol, "PATIENCE", PATIENCE)
    monkeypatch.setattr(protocol, "LINGER_SECONDS", PATIENCE)
    async with listening(an_api(settings), settings) as server:
        yield server


@pytest.fixture(scope="session")
def authorization(settings: Settings) -> bytes:
    return b"Authorization: %b\r\n" % bearer(settings)["Authorization"].encode()


def post(authorization: bytes, length: str, body: bytes = b"") -> bytes:
    head = b"POST /things HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n" + authorization
    return head + length.encode() + b"\r\n\r\n" + body


async def test_patience_is_less_than_ten_seconds() -> None:
    assert protocol.PATIENCE + protocol.LINGER_SECONDS > PATIENCE
    assert max(protocol.PATIENCE, protocol.LINGER_SECONDS) < 10


@pytest.mark.parametrize("path", [b"/large", b"/streamed"])
@pytest.mark.parametrize("more", [b"", b"Connection: close\r\n"])
async def test_an_answer_that_nobody_takes_is_given_up(
    server: Server, authorization: bytes, path: bytes, more: bytes
) -> None:
    async with connected(server.port) as (reader, writer):
        writer.write(b"GET %b HTTP/1.1\r\nHost: x\r\n%b" % (path, more) + authorization + b"\r\n")
        assert await reader.read(1)
        server.stopping.set()
        await asyncio.wait({server.serving}, timeout=0.8 * GRACE)

        assert server.serving.done()


async def test_several_requests_share_a_connection(server: Server) -> None:
    answers = await say(server.port, LIVE, LIVE + LIVE, LAST)

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

    answers = await say(server.port, *parts)

    assert time.monotonic() - began < 10 * PATIENCE
    assert statuses(answers) == [200] * parts.count(LIVE)


async def test_a_head_that_trickles_is_cut_off(server: Server) -> None:
    began = time.monotonic()
    async with connected(server.port) as (reader, writer):
        trickling = asyncio.create_task(trickle(writer, b"GET /health/live HTTP/1.1\r\nX-A: "))
        answers = await heard(reader)
        trickling.cancel()

    assert answers == b""
    assert PATIENCE / 2 < time.monotonic() - began < 10 * PATIENCE


async def trickle(writer: asyncio.StreamWriter, first: bytes) -> None:
    """Send a byte now and then, for ever."""
    writer.write(first)
    while True:
        writer.write(b"a")
        await asyncio.sleep(PATIENCE / 10)


async def test_a_body_that_trickles_is_refused(server: Server, authorization: bytes) -> None:
    async with connected(server.port) as (reader, writer):
        head = post(authorization, "Content-Length: 1000")
        trickling = asyncio.create_task(trickle(writer, head))
        answers = await heard(reader)
        trickling.cancel()

    assert statuses(answers) == [408]
    assert b"application/problem+json" in answers


async def test_a_body_that_never_comes_is_refused(server: Server, authorization: bytes) -> None:
    answers = await say(server.port, post(authorization, "Transfer-Encoding: chunked", b"5\r\nab"))

    assert statuses(answers) == [408]


async def test_a_body_that_comes_slowly_but_in_time_is_read(
    server: Server, authorization: bytes
) -> None:
    body = b'{"name": "a", "amount": 1}'
    head = post(authorization, f"Content-Length: {len(body)}\r\nConnection: close")

    answers = await say(server.port, head, *(body[n : n + 1] for n in range(len(body))))

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
        answers += await heard(reader)

    assert statuses(answers) == [413]
    assert answers.endswith(b"}")


async def test_a_chunked_body_that_grows_too_large_is_refused(
    server: Server, authorization: bytes
) -> None:
    chunk = b"10000\r\n" + b" " * 65_536 + b"\r\n"

    answers = await say(
        server.port, post(authorization, "Transfer-Encoding: chunked"), *[chunk] * 40
    )

    assert statuses(answers) == [413]


@pytest.mark.parametrize(
    "head",
    [
        b"GET /%b HTTP/1.1\r\nHost: x\r\n\r\n" % (b"a" * 2 * LARGEST_HEAD),
        b"GET / HTTP/1.1\r\nX-A: %b\r\n\r\n" % (b"a" * 2 * LARGEST_HEAD),
        b"GET / HTTP/1.1\r\n%b: a\r\n\r\n" % (b"a" * 2 * LARGEST_HEAD),
        b"GET / HTTP/1.1\r\n%b\r\n" % (b"X-A: b\r\n" * (MOST_HEADERS + 1)),
        b"GET / HTTP/1.1\r\nX-A: " + b"a" * 10 * LARGEST_HEAD,
    ],
)
async def test_a_head_that_is_too_large_is_refused(server: Server, head: bytes) -> None:
    pieces = [head[at : at + 16_384] for at in range(0, len(head), 16_384)]

    for answers in (await say(server.port, head), await say(server.port, *pieces)):
        assert statuses(answers) == [431]
        assert b"application/problem+json" in answers


async def test_a_head_of_usual_size_is_read(server: Server) -> None:
    head = LAST[:-2] + b"X-A: %b\r\n" % (b"a" * 8_000) + b"X-B: b\r\n" * 50 + b"\r\n"

    assert statuses(await say(server.port, head)) == [200]


@pytest.mark.parametrize(
    "nonsense",
    [
        b"\x00\x01\x02\x03\r\n\r\n",
        b"HELLO\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET noslash HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nno colon\r\n\r\n",
        b"GET / HTTP/1.1\r\nX: a\x00b\r\n\r\n",
        b"GET /\xff\xfe HTTP/1.1\r\nHost: x\r\n\r\n",
        b"CONNECT x:80 HTTP/1.1\r\nHost: x\r\n\r\n",
        b"OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 99999999999999999999999\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    ],
)
async def test_what_is_no_http_is_refused(server: Server, nonsense: bytes) -> None:
    answered = statuses(await say(server.port, nonsense))

    assert [each for each in answered if not 400 <= each < 500] == []


async def test_nonsense_after_a_request_does_not_keep_it_from_being_answered(
    server: Server, authorization: bytes
) -> None:
    body = b'{"name": "a", "amount": 1}'

    answers = await say(
        server.port, post(authorization, f"Content-Length: {len(body)}", body + b"\0nonsense\r\n")
    )

    assert statuses(answers) == [201]


async def test_a_chunked_body_that_is_none_is_refused(server: Server, authorization: bytes) -> None:
    answers = await say(server.port, post(authorization, "Transfer-Encoding: chunked", b"zz\r\n"))

    assert statuses(answers) == [400]


@pytest.mark.parametrize(
    "more",
    [
        b"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: x\r\n",
        b"Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\n",
        b"Expect: 100-continue\r\n",
    ],
)
async def test_who_asks_for_another_protocol_gets_this_one(server: Server, more: bytes) -> None:
    answers = await say(server.port, LAST[:-2] + more + b"\r\n")

    assert statuses(answers)[-1] == 200


async def test_many_idle_sockets_keep_nobody_else_waiting(server: Server) -> None:
    idle = [asyncio.create_task(say(server.port, b"GET ")) for _ in range(200)]

    assert statuses(await say(server.port, LAST)) == [200]
    assert set(await asyncio.gather(*idle)) == {b""}


@given(st.lists(st.binary(max_size=200), max_size=5), st.booleans())
@trying(deadline=None, max_examples=150)
async def test_whatever_comes_over_a_socket_is_no_fault_of_ours(
    settings: Settings,
    parts: list[bytes],
    begun: bool,  # noqa: FBT001
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(protocol, "PATIENCE", 0.02)
        patch.setattr(protocol, "LINGER_SECONDS", 0.02)
        async with listening(an_api(settings), settings) as server:
            first = [b"GET /things?" if begun else b""]
            answers = await say(server.port, *first, *parts)
            async with asyncio.timeout(10):
                while statuses(await say(server.port, LAST)) != [200]:
                    pass

    assert [each for each in statuses(answers) if each >= 500] == []


async def test_requests_that_were_begun_end_before_the_process_does(
    settings: Settings, authorization: bytes
) -> None:
    body = b'{"name": "a", "amount": 1}'
    async with listening(an_api(settings), settings) as server:
        async with connected(server.port) as (reader, writer), connected(server.port) as (idle, _):
            writer.write(post(authorization, f"Content-Length: {len(body)}", body[:5]))
            assert statuses(await say(server.port, LAST)) == [200]
            server.stopping.set()
            assert await heard(idle) == b""
            writer.write(body[5:])
            answers = await heard(reader)
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

    said = str(caught.value)
    assert said.startswith(f"port {server.port} on 127.0.0.1 is taken: ")
    assert "\n" not in said


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
