"""The adapter of HTTP elements: an operation is PUT and queried under its operation id.

    PUT {url}/elements/{element}/operations/{operation id}   {"kind", "subject", "parameters"}
    GET {url}/elements/{element}/operations/{operation id}

200 means done, and carries the outcome of a query; 409 with `"outcome": "refused"` is a
refusal; any other 4xx means that the call was wrong and nothing was done; 500 and 503 that
nothing was done. Everything else leaves the outcome unknown, and the element is queried. An
unknown operation is 404 `unknown-operation`. An https:// URL is TLS, with the certificate checked.
"""

import ssl
from http import HTTPStatus
from typing import ClassVar, Literal
from urllib.parse import quote

import msgspec
from aiohttp import (
    ClientConnectorError,
    ClientError,
    ClientResponse,
    ClientSession,
    ClientTimeout,
    ConnectionTimeoutError,
    TCPConnector,
)

from services.provisioning.settings import HttpElementSettings
from shared.calls.outbound_call import (
    UNKNOWN_OUTCOME,
    CallOutcome,
    CallResult,
    CannotQueryError,
    OutboundCall,
    UnknownOutcomeError,
)
from shared.contracts import Value

KEEPALIVE_S = 15
"""How long an idle connection is kept open; elements close theirs after 30 s."""

MAX_CONNECTIONS = 200
MAX_RESPONSE_BYTES = 1_048_576
"""A longer response is no answer: its outcome is unknown."""

JSON_HEADERS = {"Content-Type": "application/json"}
DONE = CallOutcome(CallResult.DONE)
NOT_DONE_STATUSES = frozenset({HTTPStatus.INTERNAL_SERVER_ERROR, HTTPStatus.SERVICE_UNAVAILABLE})
UNKNOWN_OPERATION = "unknown-operation"


class OperationRequestBody(msgspec.Struct, frozen=True):
    """The body of a call to an element."""

    kind: str
    subject: str
    parameters: dict[str, Value]


class OperationRefusal(msgspec.Struct, frozen=True):
    """Why an element did not carry out an operation."""

    code: str = ""
    detail: str = ""


class ElementResponseBody(msgspec.Struct, frozen=True):
    """The body of an element's response: the outcome of an operation, or an error."""

    outcome: str = ""
    refusal: OperationRefusal = OperationRefusal()
    code: str = ""
    detail: str = ""


encode = msgspec.json.Encoder().encode
decode = msgspec.json.Decoder(ElementResponseBody).decode


class NotSentError(Exception):
    """No connection was made, so nothing was sent."""


class HttpAdapter:
    """Calls elements over HTTP, on kept-alive connections, which it opens when it is called."""

    repeatable: ClassVar[Literal[False]] = False

    def __init__(self, settings: HttpElementSettings) -> None:
        self._settings = settings
        self._session: ClientSession | None = None

    async def perform(self, call: OutboundCall) -> CallOutcome:
        """Call the element to carry out the operation, once per operation id.

        Raises:
            UnknownOutcomeError: if the outcome is unknown.
        """
        if not self._settings.url:
            return CallOutcome(CallResult.FAILED, "no-address", "KAITONG_ELEMENTS_URL is not set")
        try:
            status, body = await self._send("PUT", call, encode(operation_request(call)))
        except NotSentError as error:
            return CallOutcome(CallResult.FAILED, "unreachable", str(error))
        return outcome_of_call(status, parse_response_body(body))

    async def query_outcome(self, call: OutboundCall) -> CallOutcome | None:
        """Return the outcome of the operation; None if the element does not know it.

        Raises:
            UnknownOutcomeError: if the element does not answer now.
            CannotQueryError: if it never can.
        """
        try:
            status, body = await self._send("GET", call)
        except NotSentError as error:
            raise UnknownOutcomeError(str(error)) from error
        return outcome_of_query(status, parse_response_body(body))

    async def close(self) -> None:
        """Close all connections."""
        if self._session:
            await self._session.close()

    async def _send(self, method: str, call: OutboundCall, data: bytes = b"") -> tuple[int, bytes]:
        """Send a call and return the status and body of the response.

        Raises:
            NotSentError: no connection was made; nothing was sent.
            UnknownOutcomeError: it may have been sent, but no answer came.
        """
        session = self._session = self._session or open_session(self._settings)
        name = quote(call.element)
        url = f"{self._settings.url}/elements/{name}/operations/{call.operation_id}"
        timeout = ClientTimeout(total=call.timeout.total_seconds())
        try:
            async with session.request(method, url, data=data, timeout=timeout) as response:
                return response.status, await read_body(response)
        except (ClientConnectorError, ConnectionTimeoutError) as error:
            raise NotSentError(type(error).__name__) from None  # its text names the address
        except (TimeoutError, ClientError) as error:
            raise UnknownOutcomeError(type(error).__name__) from None


def open_session(settings: HttpElementSettings) -> ClientSession:
    """Return a session with kept-alive connections.

    It never repeats a call by itself, as aiohttp does with a PUT when a kept connection
    closes: if the repetition cannot connect, the first call looks as if it was never sent.
    """
    connector = TCPConnector(
        limit=MAX_CONNECTIONS,
        keepalive_timeout=KEEPALIVE_S,
        ssl=ssl.create_default_context(cafile=settings.ca) if settings.ca else True,
    )
    session = ClientSession(
        connector=connector, headers=headers_of(settings), auto_decompress=False
    )
    session._retry_connection = False  # noqa: SLF001  no public way; a test covers it
    return session


def headers_of(settings: HttpElementSettings) -> dict[str, str]:
    """Return the headers of every call."""
    token = {"Authorization": f"Bearer {settings.token}"} if settings.token else {}
    return JSON_HEADERS | token


async def read_body(response: ClientResponse) -> bytes:
    """Read a response body.

    Raises:
        UnknownOutcomeError: if it is too large.
    """
    body = bytearray()
    async for chunk in response.content.iter_any():
        body += chunk
        if len(body) > MAX_RESPONSE_BYTES:
            message = "the response is too large"
            raise UnknownOutcomeError(message)
    return bytes(body)


def operation_request(call: OutboundCall) -> OperationRequestBody:
    """Return the request body of a call."""
    parameters = {each.name: each.value for each in call.parameters}
    return OperationRequestBody(call.kind, call.subject, parameters)


def parse_response_body(body: bytes) -> ElementResponseBody:
    """Parse a response body; return an empty response if it is not valid."""
    try:
        return decode(body)
    except msgspec.MsgspecError:
        return ElementResponseBody()


def outcome_of_call(status: int, body: ElementResponseBody) -> CallOutcome:
    """Return the outcome that a response to a call means."""
    if status == HTTPStatus.OK and body.outcome == CallResult.DONE:
        return DONE
    if status in NOT_DONE_STATUSES:
        return CallOutcome(CallResult.FAILED, body.code or f"http-{status}", body.detail)
    if HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR:
        return CallOutcome(CallResult.REFUSED, body.code or f"http-{status}", body.detail)
    return UNKNOWN_OUTCOME


def outcome_of_query(status: int, body: ElementResponseBody) -> CallOutcome | None:
    """Return the outcome that a response to a query means.

    Raises:
        UnknownOutcomeError: if the element cannot answer now.
        CannotQueryError: if it does not support the query.
    """
    if status == HTTPStatus.NOT_FOUND and body.code == UNKNOWN_OPERATION:
        return None
    if status == HTTPStatus.OK and body.outcome == CallResult.REFUSED:
        return CallOutcome(CallResult.REFUSED, body.refusal.code, body.refusal.detail)
    if status == HTTPStatus.OK and body.outcome == CallResult.DONE:
        return DONE
    if HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR:
        raise CannotQueryError(body.detail or f"HTTP {status}")
    msg = f"HTTP {status}"
    raise UnknownOutcomeError(msg)
