"""Invalid or oversized HTTP is refused, and the server continues to answer."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from shared.config.settings import Settings
from shared.http import protocol
from shared.http.openapi_error_responses import COMMON_STATUSES
from shared.http.protocol import MAX_HEAD_BYTES, MAX_HEADERS
from tests.shared.http.small_api import an_api
from tests.shared.http.sockets import LAST, Server, exchange_bytes, listening, post, statuses


@pytest.mark.parametrize(
    "head",
    [
        b"GET /%b HTTP/1.1\r\nHost: x\r\n\r\n" % (b"a" * 2 * MAX_HEAD_BYTES),
        b"GET / HTTP/1.1\r\nX-A: %b\r\n\r\n" % (b"a" * 2 * MAX_HEAD_BYTES),
        b"GET / HTTP/1.1\r\n%b: a\r\n\r\n" % (b"a" * 2 * MAX_HEAD_BYTES),
        b"GET / HTTP/1.1\r\n%b\r\n" % (b"X-A: b\r\n" * (MAX_HEADERS + 1)),
        b"GET / HTTP/1.1\r\nX-A: " + b"a" * 10 * MAX_HEAD_BYTES,
    ],
)
async def test_a_head_that_is_too_large_is_refused(server: Server, head: bytes) -> None:
    pieces = [head[at : at + 16_384] for at in range(0, len(head), 16_384)]

    for answers in (
        await exchange_bytes(server.port, head),
        await exchange_bytes(server.port, *pieces),
    ):
        assert statuses(answers) == [431]
        assert b"application/problem+json" in answers


def test_errors_before_any_route_are_in_the_description_of_every_route() -> None:
    assert protocol.ERROR_RESPONSES.keys() <= set(COMMON_STATUSES)


async def test_a_head_of_usual_size_is_read(server: Server) -> None:
    head = LAST[:-2] + b"X-A: %b\r\n" % (b"a" * 8_000) + b"X-B: b\r\n" * 50 + b"\r\n"

    assert statuses(await exchange_bytes(server.port, head)) == [200]


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
    answered = statuses(await exchange_bytes(server.port, nonsense))

    assert [each for each in answered if not 400 <= each < 500] == []


@pytest.mark.parametrize(
    "hosts",
    [b"", b"Host: x\r\nHost: x\r\n", b"Host: a b\r\n", b"Host: x/y\r\n", b"Host: user@x\r\n"],
)
async def test_a_request_names_one_host(server: Server, hosts: bytes) -> None:
    answer = await exchange_bytes(server.port, b"GET /health/live HTTP/1.1\r\n" + hosts + b"\r\n")

    assert statuses(answer) == [400]
    assert b"Host" in answer


@pytest.mark.parametrize("host", [b"x", b"x:8000", b"127.0.0.1", b"[::1]:80", b""])
async def test_any_host_will_do_and_http_1_0_needs_none(server: Server, host: bytes) -> None:
    named = b"GET /health/live HTTP/1.1\r\nHost: %b\r\nConnection: close\r\n\r\n" % host

    assert statuses(await exchange_bytes(server.port, named)) == [200]
    assert statuses(await exchange_bytes(server.port, b"GET /health/live HTTP/1.0\r\n\r\n")) == [
        200
    ]


async def test_nonsense_after_a_request_does_not_keep_it_from_being_answered(
    server: Server, authorization: bytes
) -> None:
    body = b'{"name": "a", "amount": 1}'

    answers = await exchange_bytes(
        server.port, post(authorization, f"Content-Length: {len(body)}", body + b"\0nonsense\r\n")
    )

    assert statuses(answers) == [201]


async def test_a_chunked_body_that_is_none_is_refused(server: Server, authorization: bytes) -> None:
    answers = await exchange_bytes(
        server.port, post(authorization, "Transfer-Encoding: chunked", b"zz\r\n")
    )

    assert statuses(answers) == [400]


@pytest.mark.parametrize(
    "more",
    [
        b"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: x\r\n",
        b"Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\n",
        b"Expect: 100-continue\r\n",
    ],
)
async def test_a_request_for_another_protocol_is_answered_in_http_1_1(
    server: Server, more: bytes
) -> None:
    answers = await exchange_bytes(server.port, LAST[:-2] + more + b"\r\n")

    assert statuses(answers)[-1] == 200


@given(st.lists(st.binary(max_size=200), max_size=5), st.booleans())
@hypothesis_settings(deadline=None, max_examples=150)
async def test_no_bytes_on_a_socket_cause_a_server_error(
    settings: Settings,
    parts: list[bytes],
    has_begin: bool,  # noqa: FBT001
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(protocol, "SOCKET_TIMEOUT_S", 0.02)
        patch.setattr(protocol, "LINGER_S", 0.02)
        async with listening(an_api(settings), settings) as server:
            first = [b"GET /things?" if has_begin else b""]
            answers = await exchange_bytes(server.port, *first, *parts)
            async with asyncio.timeout(10):
                while statuses(await exchange_bytes(server.port, LAST)) != [200]:
                    pass

    assert [each for each in statuses(answers) if each >= 500] == []
