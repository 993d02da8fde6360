"""Hanging up on a caller, which no HTTP framework offers: faults need it."""

import asyncio
from typing import Literal

from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

CONNECTION = "connection"


class ProtocolWithTransport(HttpToolsProtocol):
    """uvicorn's protocol, whose requests know the connection they came by."""

    def on_message_begin(self) -> None:
        """Begin a request."""
        super().on_message_begin()
        self.scope["state"][CONNECTION] = self.transport


class NoResponse(Response):
    """No answer at all: the connection closes, or stays silent until the caller gives up."""

    def __init__(self, then: Literal["close", "silence"] = "close") -> None:
        super().__init__()
        self._then = then

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002  nothing is sent
        """Leave the caller without an answer.

        Raises:
            ConnectionResetError: the caller is in this process and has no connection to close.
        """
        connection: asyncio.Transport | None = scope.get("state", {}).get(CONNECTION)
        if connection is None:
            raise ConnectionResetError
        if self._then == "close":
            connection.abort()
        while (await receive())["type"] != "http.disconnect":
            pass
