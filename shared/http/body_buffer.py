"""Buffers request bodies, with a limit for each client.

A request is processed only when its body is complete, so that slow senders occupy no slot.
The number of incomplete bodies per client is limited, and the memory of all of them together.
"""

from collections import Counter
from collections.abc import Hashable
from datetime import timedelta

from starlette.requests import ClientDisconnect
from starlette.types import Message, Receive

from shared.errors import DomainError, UnavailableError


class BodyTooLargeError(DomainError):
    """The body exceeds the limit."""

    status = 413
    code = "too-large"


class TooManyBodiesError(UnavailableError):
    """Too many requests of the client wait for the rest of their bodies."""

    status = 429
    code = "too-many-bodies"
    remedy = "open fewer requests at once, and send each body with its head"


class BodyBuffer:
    """The request bodies that are being received."""

    def __init__(self, max_bytes: int, max_per_client: int, max_total_bytes: int) -> None:
        """Set the limits.

        Args:
            max_bytes: of one body.
            max_per_client: bodies of one client that may be incomplete at once.
            max_total_bytes: of all incomplete bodies together.
        """
        self._max_bytes = max_bytes
        self._max_per_client = max_per_client
        self._max_total_bytes = max_total_bytes
        self._buffered_bytes = 0
        self._bodies_of: Counter[Hashable] = Counter()

    async def read(self, client: Hashable, receive: Receive) -> Receive:
        """Wait for a complete body; return the `receive` by which an application reads it.

        Raises:
            ClientDisconnect: the caller left before the body was complete.
            BodyTooLargeError: it is longer than the limit.
            UnavailableError: too many bodies are incomplete, or they are too large together.
        """
        if self._bodies_of[client] >= self._max_per_client:
            message = (
                f"{self._max_per_client} requests of this client wait for their bodies already."
            )
            raise TooManyBodiesError(message, retry_after=timedelta(seconds=1))
        self._bodies_of[client] += 1
        body = bytearray()
        try:
            while await self._read_chunk(body, receive):
                pass
        finally:
            self._buffered_bytes -= len(body)
            self._bodies_of[client] -= 1
            if not self._bodies_of[client]:
                del self._bodies_of[client]
        return BufferedReceive(bytes(body), receive)

    async def _read_chunk(self, body: bytearray, receive: Receive) -> bool:
        """Add the next chunk; tell whether more follow."""
        event = await receive()
        if event["type"] != "http.request":
            raise ClientDisconnect
        chunk = event.get("body", b"")
        body += chunk
        self._buffered_bytes += len(chunk)
        if len(body) > self._max_bytes:
            raise body_too_large_error(self._max_bytes)
        if self._buffered_bytes > self._max_total_bytes:
            message = "Too many request bodies are being received."
            raise UnavailableError(message, retry_after=timedelta(seconds=1))
        return bool(event.get("more_body"))


class BufferedReceive:
    """Passes a buffered body to an application, then the events of the server."""

    __slots__ = ("_body", "_receive")

    def __init__(self, body: bytes, receive: Receive) -> None:
        self._body: bytes | None = body
        self._receive = receive

    async def __call__(self) -> Message:
        """Return the body first, later whether the caller left."""
        if self._body is None:
            return await self._receive()
        body, self._body = self._body, None
        return {"type": "http.request", "body": body, "more_body": False}


def body_too_large_error(max_bytes: int) -> BodyTooLargeError:
    """Return the refusal of a body that is larger than `max_bytes` bytes."""
    return BodyTooLargeError(
        f"The body is larger than {max_bytes} bytes.", remedy="send it in parts"
    )
