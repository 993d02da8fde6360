"""Elements that speak HTTP: an operation is PUT under its id, and asked after under the same.

    PUT {url}/elements/{element}/operations/{operation id}   {"kind", "subject", "parameters"}
    GET {url}/elements/{element}/operations/{operation id}

200 says done, or what became of it; a 409 with `"outcome": "refused"` is a no; any other
4xx says that the call was wrong and nothing was done; 500 and 503 that nothing was done.
Everything else leaves unknown what became of the call, and the element is asked. An
operation that it has never heard of is 404 `unknown-operation`.
"""

from http import HTTPStatus
from urllib.parse import quote

import msgspec
from aiohttp import (
    ClientConnectionError,
    ClientConnectorError,
    ClientPayloadError,
    ClientSession,
    ClientTimeout,
    ConnectionTimeoutError,
    TCPConnector,
)

from shared.calls.outbound_call import (
    UNKNOWN,
    Attempt,
    CannotAskError,
    ElementTimeoutError,
    Outcome,
    Result,
)
from shared.config.settings import Settings
from shared.contracts import Value

KEPT_S = 15
"""So long a connection is kept open without a call; elements close theirs after 30 s."""

MOST_CONNECTIONS = 200
JSON = {"Content-Type": "application/json"}
DONE = Outcome(Result.DONE)
NOTHING_DONE = frozenset({HTTPStatus.INTERNAL_SERVER_ERROR, HTTPStatus.SERVICE_UNAVAILABLE})
NEVER_HEARD = "unknown-operation"


class Wish(msgspec.Struct, frozen=True):
    """What an element is asked to do."""

    kind: str
    subject: str
    parameters: dict[str, Value]


class Refusal(msgspec.Struct, frozen=True):
    """Why an element did not do an operation."""

    code: str = ""
    detail: str = ""


class Answer(msgspec.Struct, frozen=True):
    """What an element says: of an operation, or of what is wrong with a call."""

    outcome: str = ""
    refusal: Refusal = Refusal()
    code: str = ""
    detail: str = ""


encode = msgspec.json.Encoder().encode
decode = msgspec.json.Decoder(Answer).decode


class HttpAdapter:
    """Speaks to elements over HTTP, on connections that are kept open."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._session: ClientSession | None = None

    async def perform(self, attempt: Attempt) -> Outcome:
        """Have the operation done, once per operation id.

        Raises:
            ElementTimeoutError: if nobody can tell whether it was done.
        """
        if not self._url:
            return Outcome(Result.FAILED, "no-address", "KAITONG_ELEMENTS_URL is not set")
        try:
            status, body = await self._send("PUT", attempt, encode(wish_of(attempt)))
        except (ClientConnectorError, ConnectionTimeoutError) as error:
            return Outcome(Result.FAILED, "unreachable", type(error).__name__)
        return outcome_of(status, read(body))

    async def ask(self, attempt: Attempt) -> Outcome | None:
        """Return what became of the operation; None if the element never heard of it.

        Raises:
            ElementTimeoutError: if the element does not answer now.
            CannotAskError: if it never can.
        """
        try:
            status, body = await self._send("GET", attempt)
        except (ClientConnectorError, ConnectionTimeoutError) as error:
            raise ElementTimeoutError(type(error).__name__) from error
        return news_of(status, read(body))

    async def close(self) -> None:
        """Close all connections."""
        if self._session:
            await self._session.close()

    async def _send(self, method: str, attempt: Attempt, data: bytes = b"") -> tuple[int, bytes]:
        """Send a call and return status and body of its answer.

        Raises:
            ClientConnectorError: no connection came about; nothing was sent.
            ConnectionTimeoutError: the same.
            ElementTimeoutError: it may have been sent, and no answer came.
        """
        session = self._session = self._session or open_session()
        url = f"{self._url}/elements/{quote(attempt.element)}/operations/{attempt.operation_id}"
        timeout = ClientTimeout(total=attempt.timeout.total_seconds())
        try:
            async with session.request(method, url, data=data, timeout=timeout) as response:
                return response.status, await response.read()
        except (ClientConnectorError, ConnectionTimeoutError):
            raise
        except (TimeoutError, ClientConnectionError, ClientPayloadError) as error:
            raise ElementTimeoutError(type(error).__name__) from error


def adapter_for(settings: Settings) -> HttpAdapter:
    """Return the adapter of this installation."""
    return HttpAdapter(settings.elements_url)


def open_session() -> ClientSession:
    """Return a session that keeps connections for a while.

    It never sends a call twice by itself, as aiohttp does with a PUT when a kept
    connection closes: if the second cannot connect, the first looks as if it was
    never sent.
    """
    connector = TCPConnector(limit=MOST_CONNECTIONS, keepalive_timeout=KEPT_S)
    session = ClientSession(connector=connector, headers=JSON, auto_decompress=False)
    session._retry_connection = False  # noqa: SLF001  there is no public way; a test watches it
    return session


def wish_of(attempt: Attempt) -> Wish:
    """Return an attempt as an element is told of it."""
    parameters = {each.name: each.value for each in attempt.parameters}
    return Wish(attempt.kind, attempt.subject, parameters)


def read(body: bytes) -> Answer:
    """Read what an element says; nothing, if it is not in our language."""
    try:
        return decode(body)
    except msgspec.MsgspecError:
        return Answer()


def outcome_of(status: int, answer: Answer) -> Outcome:
    """Return what an answer to a call means."""
    if status == HTTPStatus.OK and answer.outcome == Result.DONE:
        return DONE
    if status in NOTHING_DONE:
        return Outcome(Result.FAILED, answer.code or f"http-{status}", answer.detail)
    if HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR:
        return Outcome(Result.REFUSED, answer.code or f"http-{status}", answer.detail)
    return UNKNOWN


def news_of(status: int, answer: Answer) -> Outcome | None:
    """Return what an answer to a question means.

    Raises:
        ElementTimeoutError: if the element cannot say now.
        CannotAskError: if it does not understand the question.
    """
    if status == HTTPStatus.NOT_FOUND and answer.code == NEVER_HEARD:
        return None
    if status == HTTPStatus.OK and answer.outcome == Result.REFUSED:
        return Outcome(Result.REFUSED, answer.refusal.code, answer.refusal.detail)
    if status == HTTPStatus.OK and answer.outcome == Result.DONE:
        return DONE
    if HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR:
        raise CannotAskError(answer.detail or f"HTTP {status}")
    msg = f"HTTP {status}"
    raise ElementTimeoutError(msg)
