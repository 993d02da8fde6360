"""The edge: what every request passes before and after the framework.

One plain ASGI application around the other: it names the request, asks who calls,
bounds rates, sizes and numbers, answers errors, counts and logs. Cheap checks come
first, and nothing of a body is read for somebody unknown.
"""

import time
from collections.abc import Awaitable, Callable, Hashable, MutableMapping
from datetime import timedelta
from typing import Any

from starlette.requests import ClientDisconnect

from shared.config.settings import Settings
from shared.errors import Fault, InvalidError, UnavailableError
from shared.http.access import AccessLog
from shared.http.authorization import PUBLIC
from shared.http.bodies import Bodies, too_large
from shared.http.paths import keep_slashes
from shared.http.problems import problem_of
from shared.http.rate import Buckets
from shared.http.visit import Visit
from shared.observability import metrics
from shared.observability.logs import bind
from shared.security.caller import BadTokenError, Caller, NoCallerError
from shared.security.tokens import Tokens

Event = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Event]]
Send = Callable[[Event], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

ALWAYS = [(b"cache-control", b"no-store"), (b"x-content-type-options", b"nosniff")]
"""On every answer: what we say is personal and of this moment."""

UNMATCHED = "unmatched"
CLIENT_LEFT = 499
"""What is counted when the caller left before there was an answer."""


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
        self._bodies = Bodies(
            settings.body_limit,
            share=max(1, settings.concurrency // 2),
            room=settings.concurrency * settings.body_limit,
        )
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
        answer = Answer(send, visit, self._leave, is_head=scope["method"] == "HEAD")
        keep_slashes(scope)
        inside = {**scope, "method": "GET"} if answer.is_head else scope
        try:
            await self._answer(inside, receive, answer, visit)
        except ClientDisconnect:
            pass  # it has left, and is counted below
        except Exception as error:
            # The one place where an error that nobody foresaw ends: a request must be
            # answered, and the process has nothing to do with one caller's request.
            if answer.status:
                raise
            await problem_of(error).response(visit.request_id)(scope, receive, answer)
        finally:
            self._leave(answer)
            scope["route"] = inside.get("route")
            self._note(scope, visit, answer.status, time.perf_counter() - began)

    async def _answer(self, scope: Scope, receive: Receive, answer: "Answer", visit: Visit) -> None:
        """Let a request in, take in its body, and have it answered."""
        if scope["path"] not in PUBLIC:
            caller = self._admit(scope, visit)
            if visit.has_body:
                receive = await self._bodies.whole((caller.tenant, caller.client), receive)
            self._take_place(answer)
        await self._app(scope, receive, answer)

    def _take_place(self, answer: "Answer") -> None:
        """Count a request among those that are worked on.

        Raises:
            UnavailableError: there are too many.
        """
        if self._busy >= self._concurrency:
            message = "Too many requests are being worked on."
            raise UnavailableError(message, retry_after=timedelta(seconds=1))
        self._busy += 1
        answer.has_place = True

    def _leave(self, answer: "Answer") -> None:
        """Give a request's place back: its work is done, whether or not its answer is read."""
        if answer.has_place:
            answer.has_place = False
            self._busy -= 1

    def _admit(self, scope: Scope, visit: Visit) -> Caller:
        """Let a request in, and return who calls.

        Raises:
            DomainError: it is refused.
            UnavailableError: the client asks too often.
        """
        caller = visit.caller = scope["caller"] = self._tokens.caller(token_of(visit))
        if self._buckets and (wait := self._buckets.take(*bucket_of(caller))):
            message = "This client asks more often than it may."
            raise TooOftenError(message, retry_after=timedelta(seconds=wait))
        if visit.length > self._body_limit:
            raise too_large(self._body_limit)
        if b"%00" in scope["raw_path"] or b"%00" in scope["query_string"]:
            raise InvalidError([Fault("", "nul", "the URL holds a NUL character", "leave it out")])
        return caller

    def _note(self, scope: Scope, visit: Visit, status: int, seconds: float) -> None:
        route = getattr(scope.get("route"), "path", UNMATCHED)
        if status:
            self._log.write(visit, scope["method"], route, status, seconds)
        else:
            status = scope.get("state", {}).get("refused", CLIENT_LEFT)
            self._log.note_unanswered(visit, scope["method"], route, status)
        metrics.requests(scope["method"], route, status).observe(seconds)


class Answer:
    """Sends an answer with what every answer carries, and remembers its status."""

    __slots__ = ("_leave", "_send", "_visit", "has_place", "is_head", "status")

    def __init__(
        self, send: Send, visit: Visit, leave: Callable[["Answer"], None], *, is_head: bool
    ) -> None:
        self._send = send
        self._visit = visit
        self._leave = leave
        self.is_head = is_head
        self.has_place = False
        self.status = 0

    async def __call__(self, event: Event) -> None:
        """Send a part of the answer; of a HEAD's, only the head."""
        if event["type"] == "http.response.start":
            self._leave(self)
            self.status = event["status"]
            named = (b"x-request-id", self._visit.request_id.encode())
            event["headers"] = [*event["headers"], *ALWAYS, named]
        elif self.is_head:
            event = {**event, "body": b""}
        await self._send(event)


def bucket_of(caller: Caller) -> tuple[Hashable, int | None]:
    """Return whose requests are counted together, and how many a second the role allows."""
    most = caller.limits.requests_per_second
    return (caller.tenant, caller.client, most), most


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
