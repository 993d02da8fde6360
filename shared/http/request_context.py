"""The context of a request, read from its head."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self
from uuid import NAMESPACE_URL, UUID

from fastapi import Request

from shared.ids import named_id, time_ordered_id
from shared.observability.masking import looks_personal
from shared.security.caller import Caller

Headers = Iterable[tuple[bytes, bytes]]

REQUEST_ID_PATTERN = re.compile(rb"[A-Za-z0-9][A-Za-z0-9._:-]{7,63}")
"""The syntax of a request id that the caller chooses."""

TRACEPARENT_PATTERN = re.compile(rb"00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")
"""W3C Trace Context, version 0."""

KEPT_HEADERS = frozenset(
    {b"x-request-id", b"traceparent", b"authorization", b"content-length", b"transfer-encoding"}
)


@dataclass(slots=True)
class RequestContext:
    """One request: its ids, and the headers that the middleware reads."""

    id: UUID
    """Fresh for each request, ordered by time; an order takes it as its own id."""

    request_id: str
    """The caller's X-Request-Id if it is acceptable, else the fresh id."""

    correlation_id: UUID
    """On all messages and log lines that the request causes, in all services."""

    traceparent: str
    headers: dict[bytes, bytes]
    caller: Caller | None = None

    @classmethod
    def from_headers(cls, headers: Headers) -> Self:
        """Read the head of a request."""
        kept = {name: value for name, value in headers if name in KEPT_HEADERS}
        fresh = time_ordered_id()
        request_id, correlation_id = str(fresh), fresh
        callers_id = kept.get(b"x-request-id")
        if callers_id is not None and (derived := correlation_id_from(callers_id)):
            request_id, correlation_id = callers_id.decode("ascii"), derived
        trace = kept.get(b"traceparent", b"")
        traceparent = (
            trace.decode("ascii") if trace and TRACEPARENT_PATTERN.fullmatch(trace) else ""
        )
        return cls(fresh, request_id, correlation_id, traceparent, kept)

    @property
    def correlation_text(self) -> str:
        """The correlation id as text."""
        return self.request_id if self.correlation_id is self.id else str(self.correlation_id)

    @property
    def content_length(self) -> int:
        """The request's Content-Length in bytes; 0 without one."""
        return int(self.headers.get(b"content-length", 0))

    @property
    def has_body(self) -> bool:
        """Tell whether the request has a body."""
        return b"transfer-encoding" in self.headers or self.content_length > 0


def correlation_id_from(request_id: bytes) -> UUID | None:
    """Return the correlation id for a caller's request id, or None if that is not acceptable.

    An id that looks personal is not acceptable, since it goes into the logs.
    """
    if not REQUEST_ID_PATTERN.fullmatch(request_id):
        return None
    if looks_personal(text := request_id.decode("ascii")):
        return None
    try:
        return UUID(text)
    except ValueError:
        return named_id(NAMESPACE_URL, f"urn:kaitong:request:{text}")


def request_context_of(request: Request) -> RequestContext:
    """Return the context that the middleware set on a request."""
    context: RequestContext = request.scope["request_context"]
    return context
