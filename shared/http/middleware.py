"""The middleware that every request passes before and after the framework.

A plain ASGI application around another: it sets the request id, verifies the token,
limits rates, sizes and concurrency, answers errors, counts and logs. Cheap checks come
first, and no body is read before the caller is authenticated.
"""

import time
from collections.abc import Callable, Hashable
from datetime import timedelta

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.config.settings import Settings
from shared.errors import Fault, InvalidError, UnavailableError
from shared.http.access_log import AccessLog
from shared.http.authorization import PUBLIC_PATHS
from shared.http.body_buffer import BodyBuffer, body_too_large_error
from shared.http.path_encoding import protect_encoded_slashes
from shared.http.problems import problem_of
from shared.http.rate_limiting import TokenBuckets
from shared.http.request_context import RequestContext
from shared.observability import metrics
from shared.observability.logs import bind_correlation_id
from shared.security.caller import BadTokenError, Caller, UnauthenticatedError
from shared.security.tokens import TokenVerifier

COMMON_HEADERS = [(b"cache-control", b"no-store"), (b"x-content-type-options", b"nosniff")]
"""On every answer: answers are personal and must not be cached."""

UNMATCHED_ROUTE = "unmatched"
CLIENT_CLOSED_REQUEST = 499
"""The status that is counted when the caller left before the answer."""


class RateLimitedError(UnavailableError):
    """The client exceeds its request rate."""

    status = 429
    code = "too-often"
    remedy = "wait for Retry-After, and send fewer requests a second"


class Middleware:
    """An ASGI application around another."""

    def __init__(self, app: ASGIApp, *, tokens: TokenVerifier, settings: Settings) -> None:
        self._app = app
        self._tokens = tokens
        self._buckets = TokenBuckets(settings.rate_limit) if settings.rate_limit else None
        self._body_limit = settings.body_limit
        self._bodies = BodyBuffer(
            settings.body_limit,
            max_per_client=max(1, settings.concurrency // 2),
            max_total_bytes=settings.concurrency * settings.body_limit,
        )
        self._concurrency = settings.concurrency
        self._active = 0
        self._log = AccessLog(settings)
        metrics.REQUESTS_IN_PROGRESS.set_function(lambda: self._active)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "http":
            await self._serve(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1000})
        else:
            await self._app(scope, receive, send)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = time.perf_counter()
        context = scope["request_context"] = RequestContext.from_headers(scope["headers"])
        bind_correlation_id(context.correlation_text)
        sender = ResponseSender(
            send, context, self._release_slot, is_head=scope["method"] == "HEAD"
        )
        protect_encoded_slashes(scope)
        inner_scope = {**scope, "method": "GET"} if sender.is_head else scope
        try:
            await self._handle(inner_scope, receive, sender, context)
        except ClientDisconnect:
            pass  # the caller left, and is counted below
        except Exception as error:
            # The only handler of unexpected errors: a request must be answered, and the
            # process continues after one request has failed.
            if sender.status:
                raise
            await problem_of(error).response(context.request_id)(scope, receive, sender)
        finally:
            self._release_slot(sender)
            scope["route"] = inner_scope.get("route")
            self._record(scope, context, sender.status, time.perf_counter() - started)

    async def _handle(
        self, scope: Scope, receive: Receive, sender: "ResponseSender", context: RequestContext
    ) -> None:
        """Admit a request, buffer its body, and pass it to the application."""
        if scope["path"] not in PUBLIC_PATHS:
            caller = self._admit(scope, context)
            if context.has_body:
                receive = await self._bodies.read((caller.tenant, caller.client), receive)
            self._acquire_slot(sender)
        await self._app(scope, receive, sender)

    def _acquire_slot(self, sender: "ResponseSender") -> None:
        """Take a concurrency slot for a request.

        Raises:
            UnavailableError: there is none.
        """
        if self._active >= self._concurrency:
            message = "Too many requests are being processed."
            raise UnavailableError(message, retry_after=timedelta(seconds=1))
        self._active += 1
        sender.holds_slot = True

    def _release_slot(self, sender: "ResponseSender") -> None:
        """Release a request's slot: its work is done, whether or not its answer is read."""
        if sender.holds_slot:
            sender.holds_slot = False
            self._active -= 1

    def _admit(self, scope: Scope, context: RequestContext) -> Caller:
        """Check the token, rate, size and URL of a request; return the caller.

        Raises:
            DomainError: it is refused.
            UnavailableError: the client exceeds its rate.
        """
        caller = context.caller = scope["caller"] = self._tokens.verify(bearer_token_of(context))
        if self._buckets and (wait_s := self._buckets.acquire(*bucket_key_and_rate_of(caller))):
            message = "This client sends more requests a second than it may."
            raise RateLimitedError(message, retry_after=timedelta(seconds=wait_s))
        if context.content_length > self._body_limit:
            raise body_too_large_error(self._body_limit)
        if b"%00" in scope["raw_path"] or b"%00" in scope["query_string"]:
            raise InvalidError([Fault("", "nul", "the URL holds a NUL character", "leave it out")])
        return caller

    def _record(self, scope: Scope, context: RequestContext, status: int, seconds: float) -> None:
        route = getattr(scope.get("route"), "path", UNMATCHED_ROUTE)
        if status:
            self._log.write(context, scope["method"], route, status, seconds)
        else:
            status = scope.get("state", {}).get("refused", CLIENT_CLOSED_REQUEST)
            self._log.count_unanswered(context, scope["method"], route, status)
        metrics.requests(scope["method"], route, status).observe(seconds)


class ResponseSender:
    """Sends an answer with the common headers, and keeps its status."""

    __slots__ = ("_context", "_release_slot", "_send", "holds_slot", "is_head", "status")

    def __init__(
        self,
        send: Send,
        context: RequestContext,
        release_slot: Callable[["ResponseSender"], None],
        *,
        is_head: bool,
    ) -> None:
        self._send = send
        self._context = context
        self._release_slot = release_slot
        self.is_head = is_head
        self.holds_slot = False
        self.status = 0

    async def __call__(self, event: Message) -> None:
        """Send a part of the answer; for HEAD, without the body."""
        if event["type"] == "http.response.start":
            self._release_slot(self)
            self.status = event["status"]
            request_id = (b"x-request-id", self._context.request_id.encode())
            event["headers"] = [*event["headers"], *COMMON_HEADERS, request_id]
        elif self.is_head:
            event = {**event, "body": b""}
        await self._send(event)


def bucket_key_and_rate_of(caller: Caller) -> tuple[Hashable, int | None]:
    """Return the key of a caller's bucket, and how many requests a second the role allows."""
    limit = caller.limits.requests_per_second
    return (caller.tenant, caller.client, limit), limit


def bearer_token_of(context: RequestContext) -> bytes:
    """Return the token that a request presents.

    Raises:
        UnauthenticatedError: there is none, or it is no bearer token.
    """
    authorization = context.headers.get(b"authorization")
    if authorization is None:
        message = "There is no token."
        raise UnauthenticatedError(message)
    scheme, _, token = authorization.partition(b" ")
    if scheme.lower() != b"bearer" or not token:
        message = "it is no bearer token"
        raise BadTokenError(message)
    return token.strip()
