"""HTTP on a socket: uvicorn's own protocol, with patience and room that end.

Every way of doing nothing with a socket ends within ten seconds: no request after
connecting, half a head, half a body (408), nothing between two requests, an answer that
is not taken.
"""

import asyncio
import re
import time
from asyncio import TimerHandle
from email.utils import formatdate
from http import HTTPStatus
from typing import Any

import msgspec
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from shared.http.problems import MEDIA_TYPE

TIMEOUT_S = 9.0
"""Seconds that a socket may take to bring a whole head, or a whole body, or to take an answer."""

LINGER_SECONDS = 2.0
"""So long what a caller still sends is thrown away, so that it can read our refusal."""

LARGEST_HEAD = 32_768
MOST_HEADERS = 100
MOST_CONNECTIONS = 4_096

HOST = re.compile(rb"[A-Za-z0-9._~%!$&'()*+,;=:\[\]-]*")
"""What a Host may look like (RFC 3986, section 3.2.2), with a port or without."""


class TooLargeHeadError(Exception):
    """The head of a request is larger than we take."""


class BadHostError(Exception):
    """The head does not say, once and legibly, which host it is for (RFC 9112, section 3.2)."""


class State(ServerState):
    """What the connections of one server share."""

    _second = 0

    def __init__(self) -> None:
        super().__init__()
        self.is_empty = asyncio.Event()
        """Set when the last connection is gone."""

    def tell_the_time(self) -> None:
        """Keep the header `date` right, once a second."""
        if (second := int(time.time())) != self._second:
            self._second = second
            self.default_headers = [(b"date", formatdate(second, usegmt=True).encode())]


class Protocol(HttpToolsProtocol):
    """One connection."""

    server_state: State
    _deadline: TimerHandle | None = None
    _is_over = False
    """A refusal was sent; what still comes is thrown away."""

    _heads = 0
    """How many heads were read whole."""

    _is_in_head = True
    _unread = 0
    """Bytes that came without completing a head."""

    def connection_made(self, transport: Any) -> None:  # noqa: ANN401  as asyncio has it
        """Greet a new connection, or close it when there are too many."""
        super().connection_made(transport)
        if len(self.connections) > MOST_CONNECTIONS:
            transport.abort()
        self._expect(TIMEOUT_S)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget a connection."""
        self._stop_waiting()
        super().connection_lost(exc)
        if not self.connections:
            self.server_state.is_empty.set()

    def data_received(self, data: bytes) -> None:
        """Take in what came, if half a head does not grow too large."""
        if self._is_over:
            return
        heads, was_in_head = self._heads, self._is_in_head
        super().data_received(data)
        if self._is_over or self.transport.is_closing():
            return
        if was_in_head and self._is_in_head and heads == self._heads:
            self._unread += len(data)
            if self._unread > LARGEST_HEAD:
                self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
        else:
            self._unread = 0
        if self._deadline is None and not self._is_in_head and self.cycle.more_body:
            self._expect_body()

    def on_headers_complete(self) -> None:
        """Begin to answer: the head is whole.

        Raises:
            TooLargeHeadError: it is larger than we take.
            BadHostError: it names no host, or several.
        """
        if self._is_head_too_large():
            raise TooLargeHeadError
        if not self._is_host_said():
            raise BadHostError
        self.server_state.tell_the_time()
        super().on_headers_complete()
        self._stop_waiting()
        self._heads += 1
        self._is_in_head = False

    def on_message_complete(self) -> None:
        """Note that the body is whole: the next head may come."""
        self._stop_waiting()
        self._is_in_head = True
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """Go on with the next request, or wait for it."""
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            self._expect(TIMEOUT_S)
            return
        self.flow.resume_reading()
        if self.pipeline:
            self._start_asgi_task(*self.pipeline.pop())
        elif self.cycle.more_body:
            self._linger()
        else:
            self._expect(TIMEOUT_S)

    def pause_writing(self) -> None:
        """Wait for a caller that does not take its answer, and not for ever."""
        super().pause_writing()
        self._expect(TIMEOUT_S)

    def resume_writing(self) -> None:
        """Go on: the answer is being taken."""
        self._stop_waiting()
        super().resume_writing()

    def send_400_response(self, msg: str) -> None:
        """Refuse what is not HTTP, or too much of it."""
        del msg
        if self.headers and self._is_head_too_large():
            self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
        else:
            self._refuse(HTTPStatus.BAD_REQUEST)

    def _is_head_too_large(self) -> bool:
        size = len(self.url) + sum(len(name) + len(value) for name, value in self.headers)
        return size > LARGEST_HEAD or len(self.headers) > MOST_HEADERS

    def _is_host_said(self) -> bool:
        hosts = [value for name, value in self.headers if name == b"host"]
        if not hosts:
            return self.parser.get_http_version() == "1.0"
        return len(hosts) == 1 and HOST.fullmatch(hosts[0]) is not None

    def _refuse(self, status: HTTPStatus) -> None:
        """Say no on the bare socket, in the place of whoever waits for what does not come."""
        cycle = self.cycle
        if cycle is not None and not cycle.response_complete:
            if not cycle.more_body:
                self._is_over = True
                cycle.keep_alive = False  # what is begun is answered, what follows it is not
                return
            if cycle.response_started or self.pipeline:
                self.transport.abort()
                return
            cycle.scope["state"]["refused"] = status.value
            cycle.disconnected = True
            cycle.message_event.set()
        self.transport.write(REFUSALS[status])
        self._linger()

    def _linger(self) -> None:
        """Close our side, and let the caller read why before the socket is gone."""
        self._is_over = True
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self._expect(LINGER_SECONDS)

    def _expect_body(self) -> None:
        self._deadline = self.loop.call_later(TIMEOUT_S, self._give_up_on_body)

    def _give_up_on_body(self) -> None:
        """Refuse a request whose body does not come."""
        self._deadline = None
        if self.pipeline:
            self._expect_body()  # it is not read on before the one ahead is answered
        else:
            self._refuse(HTTPStatus.REQUEST_TIMEOUT)

    def _expect(self, seconds: float) -> None:
        self._stop_waiting()
        self._deadline = self.loop.call_later(seconds, self._give_up)

    def _stop_waiting(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _give_up(self) -> None:
        self._deadline = None
        if self.transport.get_write_buffer_size():
            self.transport.abort()
        else:
            self.transport.close()


def refusal(status: HTTPStatus, code: str, detail: str, remedy: str) -> bytes:
    """Return a whole answer, for callers whose request could not be read."""
    body = msgspec.json.encode(
        {
            "type": f"/problems/{code}",
            "title": status.phrase,
            "status": status.value,
            "code": code,
            "detail": detail,
            "remedy": remedy,
            "request_id": "",
        }
    )
    head = (
        f"HTTP/1.1 {status.value} {status.phrase}\r\n"
        f"content-type: {MEDIA_TYPE}\r\ncontent-length: {len(body)}\r\nconnection: close\r\n\r\n"
    )
    return head.encode() + body


REFUSALS = {
    HTTPStatus.BAD_REQUEST: refusal(
        HTTPStatus.BAD_REQUEST,
        "bad-http",
        "This is no HTTP/1.1 request.",
        "send one, with one header Host",
    ),
    HTTPStatus.REQUEST_TIMEOUT: refusal(
        HTTPStatus.REQUEST_TIMEOUT,
        "too-slow",
        f"The body did not arrive within {TIMEOUT_S:.0f} seconds.",
        "send it at once",
    ),
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE: refusal(
        HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
        "head-too-large",
        f"The request's head is over {LARGEST_HEAD} bytes or {MOST_HEADERS} headers.",
        "send fewer and shorter headers, and a shorter URL",
    ),
}
