"""What is known of a request from its head alone."""

import re
from collections.abc import Iterable, MutableMapping
from dataclasses import dataclass
from typing import Any, Self
from uuid import NAMESPACE_URL, UUID

from fastapi import Request

from shared.ids import named_id, time_ordered_id
from shared.observability.masking import looks_personal
from shared.security.caller import Caller

Headers = Iterable[tuple[bytes, bytes]]
Scope = MutableMapping[str, Any]

REQUEST_ID_PATTERN = re.compile(rb"[A-Za-z0-9][A-Za-z0-9._:-]{7,63}")
"""What an id of a request may look like that a caller chose."""

TRACEPARENT_PATTERN = re.compile(rb"00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")
"""W3C Trace Context, version 0."""

KEPT_HEADERS = frozenset(
    {b"x-request-id", b"traceparent", b"authorization", b"content-length", b"transfer-encoding"}
)


@dataclass(slots=True)
class RequestContext:
    """One request: its ids, and the headers that the edge looks at itself."""

    id: UUID
    """Fresh for each request, ordered by time; an order takes it for its own."""

    request_id: str
    """As the caller named the request, if that is sane, else the fresh id."""

    correlation_id: UUID
    """On everything that comes of the request, in all services."""

    traceparent: str
    headers: dict[bytes, bytes]
    caller: Caller | None = None

    @classmethod
    def from_headers(cls, headers: Headers) -> Self:
        """Read the head of a request."""
        noted = {name: value for name, value in headers if name in KEPT_HEADERS}
        fresh = time_ordered_id()
        request_id, correlation_id = str(fresh), fresh
        given = noted.get(b"x-request-id")
        if given is not None and (known := correlation_id_from(given)):
            request_id, correlation_id = given.decode("ascii"), known
        trace = noted.get(b"traceparent", b"")
        traceparent = (
            trace.decode("ascii") if trace and TRACEPARENT_PATTERN.fullmatch(trace) else ""
        )
        return cls(fresh, request_id, correlation_id, traceparent, noted)

    @property
    def correlation_text(self) -> str:
        """The correlation id as text."""
        return self.request_id if self.correlation_id is self.id else str(self.correlation_id)

    @property
    def content_length(self) -> int:
        """How many bytes the request says that it carries."""
        return int(self.headers.get(b"content-length", 0))

    @property
    def has_body(self) -> bool:
        """Tell whether the request carries something."""
        return b"transfer-encoding" in self.headers or self.content_length > 0


def correlation_id_from(given: bytes) -> UUID | None:
    """Return the correlation id for a request's id, or None if that is not sane.

    What looks personal is not sane, since the id goes into the logs.
    """
    if not REQUEST_ID_PATTERN.fullmatch(given) or looks_personal(text := given.decode("ascii")):
        return None
    try:
        return UUID(text)
    except ValueError:
        return named_id(NAMESPACE_URL, f"urn:kaitong:request:{text}")


def request_context_of(request: Request) -> RequestContext:
    """Return what the edge noted of a request."""
    context: RequestContext = request.scope["request_context"]
    return context
