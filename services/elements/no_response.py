"""Closing a connection without a response, which no HTTP framework offers; faults need it."""

import asyncio
from typing import Literal

from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

CONNECTION = "connection"


class ProtocolWithTransport(HttpToolsProtocol):
    """uvicorn's protocol; adds the transport to each request's state."""

    def on_message_begin(self) -> None:
        """Give the new request its transport, with which a response can close the connection."""
        super().on_message_begin()
        self.scope["state"][CONNECTION] = self.transport


class NoResponse(Response):
    """No response: the connection closes, or stays open without data until the caller closes it."""

    def __init__(self, then: Literal["close", "silence"] = "close") -> None:
        super().__init__()
        self._then = then

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002  nothing is sent
        """Send no response.

        Raises:
            ConnectionResetError: the caller is in this process; there is no connection to close.
        """
        connection: asyncio.Transport | None = scope.get("state", {}).get(CONNECTION)
        if connection is None:
            raise ConnectionResetError
        if self._then == "close":
            connection.abort()
        while (await receive())["type"] != "http.disconnect":
            pass
