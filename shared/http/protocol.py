"""HTTP on a socket: uvicorn's protocol with time-outs and size limits.

An idle or stalled socket is closed within ten seconds: no request after connecting, half
a head, half a body (408), nothing between two requests, an answer that is not read.
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

SOCKET_TIMEOUT_S = 9.0
"""Seconds that a client may take to send a whole head or a whole body, or to read an answer."""

LINGER_S = 2.0
"""Seconds for which further input is discarded, so that the caller can read the refusal."""

MAX_HEAD_BYTES = 32_768
MAX_HEADERS = 100
MAX_CONNECTIONS = 4_096

HOST_PATTERN = re.compile(rb"[A-Za-z0-9._~%!$&'()*+,;=:\[\]-]*")
"""The syntax of Host (RFC 3986, section 3.2.2), with a port or without."""


class HeadTooLargeError(Exception):
    """The head of a request exceeds the limits."""


class BadHostError(Exception):
    """The head does not have exactly one well-formed Host (RFC 9112, section 3.2)."""


class HttpServerState(ServerState):
    """State that the connections of one server share."""

    _second = 0

    def __init__(self) -> None:
        super().__init__()
        self.is_empty = asyncio.Event()
        """Set when the last connection is closed."""

    def refresh_date_header(self) -> None:
        """Update the header `date`, once a second."""
        if (second := int(time.time())) != self._second:
            self._second = second
            self.default_headers = [(b"date", formatdate(second, usegmt=True).encode())]


class HttpProtocol(HttpToolsProtocol):
    """One connection."""

    server_state: HttpServerState
    _deadline: TimerHandle | None = None
    _is_refused = False
    """A refusal was sent; further input is discarded."""

    _heads = 0
    """How many complete heads were read."""

    _is_in_head = True
    _unread = 0
    """Bytes received since the last complete head."""

    def connection_made(self, transport: Any) -> None:  # noqa: ANN401  as asyncio has it
        """Accept a new connection, or close it when there are too many."""
        super().connection_made(transport)
        if len(self.connections) > MAX_CONNECTIONS:
            transport.abort()
        self._start_deadline(SOCKET_TIMEOUT_S)

    def connection_lost(self, exc: Exception | None) -> None:
        """Clean up after a connection."""
        self._cancel_deadline()
        super().connection_lost(exc)
        if not self.connections:
            self.server_state.is_empty.set()

    def data_received(self, data: bytes) -> None:
        """Parse what was received; refuse an incomplete head that is too large."""
        if self._is_refused:
            return
        heads, was_in_head = self._heads, self._is_in_head
        super().data_received(data)
        if self._is_refused or self.transport.is_closing():
            return
        if was_in_head and self._is_in_head and heads == self._heads:
            self._unread += len(data)
            if self._unread > MAX_HEAD_BYTES:
                self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
        else:
            self._unread = 0
        if self._deadline is None and not self._is_in_head and self.cycle.more_body:
            self._start_body_deadline()

    def on_headers_complete(self) -> None:
        """Check a complete head and start the request.

        Raises:
            HeadTooLargeError: it exceeds the limits.
            BadHostError: it names no host, or several.
        """
        if self._is_head_too_large():
            raise HeadTooLargeError
        if not self._has_valid_host():
            raise BadHostError
        self.server_state.refresh_date_header()
        super().on_headers_complete()
        self._cancel_deadline()
        self._heads += 1
        self._is_in_head = False

    def on_message_complete(self) -> None:
        """Note that the body is complete: the next head may follow."""
        self._cancel_deadline()
        self._is_in_head = True
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """Start the next request, or wait for it."""
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            self._start_deadline(SOCKET_TIMEOUT_S)
            return
        self.flow.resume_reading()
        if self.pipeline:
            self._start_asgi_task(*self.pipeline.pop())
        elif self.cycle.more_body:
            self._start_lingering_close()
        else:
            self._start_deadline(SOCKET_TIMEOUT_S)

    def pause_writing(self) -> None:
        """Start a deadline for a caller that does not read its answer."""
        super().pause_writing()
        self._start_deadline(SOCKET_TIMEOUT_S)

    def resume_writing(self) -> None:
        """Continue: the caller reads its answer."""
        self._cancel_deadline()
        super().resume_writing()

    def send_400_response(self, msg: str) -> None:
        """Refuse what is not HTTP, or a head that is too large."""
        del msg
        if self.headers and self._is_head_too_large():
            self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
        else:
            self._refuse(HTTPStatus.BAD_REQUEST)

    def _is_head_too_large(self) -> bool:
        size = len(self.url) + sum(len(name) + len(value) for name, value in self.headers)
        return size > MAX_HEAD_BYTES or len(self.headers) > MAX_HEADERS

    def _has_valid_host(self) -> bool:
        hosts = [value for name, value in self.headers if name == b"host"]
        if not hosts:
            return self.parser.get_http_version() == "1.0"
        return len(hosts) == 1 and HOST_PATTERN.fullmatch(hosts[0]) is not None

    def _refuse(self, status: HTTPStatus) -> None:
        """Write a refusal to the socket, and cancel a request that waits for its body."""
        cycle = self.cycle
        if cycle is not None and not cycle.response_complete:
            if not cycle.more_body:
                self._is_refused = True
                cycle.keep_alive = False  # the request in progress is answered, later ones are not
                return
            if cycle.response_started or self.pipeline:
                self.transport.abort()
                return
            cycle.scope["state"]["refused"] = status.value
            cycle.disconnected = True
            cycle.message_event.set()
        self.transport.write(ERROR_RESPONSES[status])
        self._start_lingering_close()

    def _start_lingering_close(self) -> None:
        """Close our side, and leave the socket open until the caller has read the refusal."""
        self._is_refused = True
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self._start_deadline(LINGER_S)

    def _start_body_deadline(self) -> None:
        self._deadline = self.loop.call_later(SOCKET_TIMEOUT_S, self._on_body_deadline)

    def _on_body_deadline(self) -> None:
        """Refuse a request whose body did not arrive in time."""
        self._deadline = None
        if self.pipeline:
            self._start_body_deadline()  # reading resumes after the earlier request is answered
        else:
            self._refuse(HTTPStatus.REQUEST_TIMEOUT)

    def _start_deadline(self, seconds: float) -> None:
        self._cancel_deadline()
        self._deadline = self.loop.call_later(seconds, self._on_deadline)

    def _cancel_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _on_deadline(self) -> None:
        self._deadline = None
        if self.transport.get_write_buffer_size():
            self.transport.abort()
        else:
            self.transport.close()


def error_response(status: HTTPStatus, code: str, detail: str, remedy: str) -> bytes:
    """Return a complete HTTP response, for requests that could not be parsed."""
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


ERROR_RESPONSES = {
    HTTPStatus.BAD_REQUEST: error_response(
        HTTPStatus.BAD_REQUEST,
        "bad-http",
        "This is no HTTP/1.1 request.",
        "send one, with one header Host",
    ),
    HTTPStatus.REQUEST_TIMEOUT: error_response(
        HTTPStatus.REQUEST_TIMEOUT,
        "too-slow",
        f"The body did not arrive within {SOCKET_TIMEOUT_S:.0f} seconds.",
        "send it at once",
    ),
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE: error_response(
        HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
        "head-too-large",
        f"The request's head is over {MAX_HEAD_BYTES} bytes or {MAX_HEADERS} headers.",
        "send fewer and shorter headers, and a shorter URL",
    ),
}
