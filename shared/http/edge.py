"""The edge: what every request passes before and after the framework.

One plain ASGI application around the other: it names the request, asks who calls,
bounds rates, sizes and numbers, answers errors, counts and logs. Cheap checks come
first, and nothing of a body is read for somebody unknown.
"""

import time
from collections.abc import Awaitable, Callable, Hashable, MutableMapping
from datetime import timedelta
from typing import Any

from shared import metrics
from shared.auth import PUBLIC, BadTokenError, Caller, NoCallerError
from shared.errors import DomainError, Fault, InvalidError, UnavailableError
from shared.http.access import AccessLog
from shared.http.paths import keep_slashes
from shared.http.problems import problem_of
from shared.http.rate import Buckets
from shared.http.visit import Visit
from shared.logs import bind
from shared.settings import Settings
from shared.tokens import Tokens

Event = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Event]]
Send = Callable[[Event], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

ALWAYS = [(b"cache-control", b"no-store"), (b"x-content-type-options", b"nosniff")]
"""On every answer: what we say is personal and of this moment."""

UNMATCHED = "unmatched"
NOBODY_READS_ON = 499
"""What is counted when the caller left before there was an answer."""


class TooLargeError(DomainError):
    """The body is larger than we take."""

    status = 413
    code = "too-large"


class TooOftenError(UnavailableError):
    """The client asks more often than it may."""

    status = 429
    code = "too-often"
    remedy = "wait for Retry-After, and ask less often"


class Edge:
    """An ASGI application around another."""

    def __init__(self, app: App, *, tokens: Tokens, settings: Settings) -> None:
        self._app = app
        self._tokens = tokens
        self._buckets = Buckets(settings.rate_limit) if settings.rate_limit else None
        self._body_limit = settings.body_limit
        self._concurrency = settings.concurrency
        self._busy = 0
        self._log = AccessLog(settings)
        metrics.REQUESTS_NOW.set_function(lambda: self._busy)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "http":
            await self._serve(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1000})
        else:
            await self._app(scope, receive, send)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        began = time.perf_counter()
        visit = scope["visit"] = Visit.of(scope["headers"])
        bind(visit.correlation)
        answer = Answer(send, visit)
        keep_slashes(scope)
        self._busy += 1
        try:
            self._admit(scope, visit)
            if visit.is_chunked:
                receive = Counted(receive, self._body_limit)
            await self._app(scope, receive, answer)
        except Exception as error:
            # The one place where an error that nobody foresaw ends: a request must be
            # answered, and the process has nothing to do with one caller's request.
            if answer.status:
                raise
            await problem_of(error).response(visit.request_id)(scope, receive, answer)
        finally:
            self._busy -= 1
            self._note(scope, visit, answer.status, time.perf_counter() - began)

    def _admit(self, scope: Scope, visit: Visit) -> None:
        """Let a request in.

        Raises:
            DomainError: it is refused.
            UnavailableError: too much is going on.
        """
        if scope["path"] in PUBLIC:
            return
        if self._busy > self._concurrency:
            message = "Too many requests are being worked on."
            raise UnavailableError(message, retry_after=timedelta(seconds=1))
        caller = visit.caller = scope["caller"] = self._tokens.caller(token_of(visit))
        if self._buckets and (wait := self._buckets.take(*bucket_of(caller))):
            message = "This client asks more often than it may."
            raise TooOftenError(message, retry_after=timedelta(seconds=wait))
        if visit.length > self._body_limit:
            raise too_large(self._body_limit)
        if b"%00" in scope["raw_path"] or b"%00" in scope["query_string"]:
            raise InvalidError([Fault("", "nul", "the URL holds a NUL character", "leave it out")])

    def _note(self, scope: Scope, visit: Visit, status: int, seconds: float) -> None:
        status = status or NOBODY_READS_ON
        route = getattr(scope.get("route"), "path", UNMATCHED)
        metrics.requests(scope["method"], route, status).observe(seconds)
        self._log.write(visit, scope["method"], route, status, seconds)


class Answer:
    """Sends an answer with what every answer carries, and remembers its status."""

    __slots__ = ("_send", "_visit", "status")

    def __init__(self, send: Send, visit: Visit) -> None:
        self._send = send
        self._visit = visit
        self.status = 0

    async def __call__(self, event: Event) -> None:
        """Send a part of the answer."""
        if event["type"] == "http.response.start":
            self.status = event["status"]
            named = (b"x-request-id", self._visit.request_id.encode())
            event["headers"] = [*event["headers"], *ALWAYS, named]
        await self._send(event)


class Counted:
    """Takes in a body that does not say how long it is, and counts."""

    __slots__ = ("_left", "_limit", "_receive")

    def __init__(self, receive: Receive, limit: int) -> None:
        self._receive = receive
        self._limit = self._left = limit

    async def __call__(self) -> Event:
        """Take the next part in.

        Raises:
            TooLargeError: it is more than we take.
        """
        event = await self._receive()
        self._left -= len(event.get("body", b""))
        if self._left < 0:
            raise too_large(self._limit)
        return event


def bucket_of(caller: Caller) -> tuple[Hashable, int | None]:
    """Return whose requests are counted together, and how many a second the role allows."""
    most = caller.limits.requests_per_second
    return (caller.tenant, caller.client, most), most


def too_large(limit: int) -> TooLargeError:
    """Return the refusal of a body that is larger than `limit` bytes."""
    return TooLargeError(f"The body is larger than {limit} bytes.", remedy="send it in parts")


def token_of(visit: Visit) -> bytes:
    """Return the token that a request presents.

    Raises:
        NoCallerError: there is none.
    """
    said = visit.headers.get(b"authorization")
    if said is None:
        message = "There is no token."
        raise NoCallerError(message)
    scheme, _, token = said.partition(b" ")
    if scheme.lower() != b"bearer" or not token:
        message = "it is no bearer token"
        raise BadTokenError(message)
    return token.strip()
