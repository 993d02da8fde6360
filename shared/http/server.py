"""Serves HTTP on a port until the process stops."""

import asyncio
import contextlib
import errno
import socket

import structlog
import uvicorn
from fastapi import FastAPI

from shared.config.settings import Settings
from shared.errors import StartError
from shared.http.protocol import HttpProtocol, HttpServerState

log = structlog.get_logger()

BACKLOG = 2_048
SHUTDOWN_GRACE_S = 10.0
"""Seconds that requests have to end once the process stops."""

PORT_ERRORS = {
    errno.EADDRINUSE: "is taken: stop what listens there, or choose another KAITONG_HTTP_PORT",
    errno.EACCES: "is not allowed: choose a KAITONG_HTTP_PORT above 1023",
    errno.EADDRNOTAVAIL: "is no address of this machine: correct KAITONG_HTTP_HOST",
}


class PortError(StartError):
    """The API cannot listen on the configured host and port."""


def open_port(settings: Settings) -> socket.socket:
    """Return a socket that listens on the configured host and port.

    Raises:
        PortError: that is not possible; the text has the remedy.
    """
    host, port = settings.http_host, settings.http_port
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        return socket.create_server(address[:2], family=family, backlog=BACKLOG)
    except socket.gaierror as error:
        message = f"KAITONG_HTTP_HOST {host} cannot be resolved: give an address of this machine"
        raise PortError(message) from error
    except OSError as error:
        reason = PORT_ERRORS.get(
            error.errno or 0, f"cannot be listened on ({error.strerror}): choose another"
        )
        message = f"port {port} on {host} {reason}"
        raise PortError(message) from error


async def serve_http(api: FastAPI, port: socket.socket, stopping: asyncio.Event) -> None:
    """Serve HTTP on an open port until `stopping` is set; then finish the requests in progress."""
    loop = asyncio.get_running_loop()
    config = uvicorn.Config(
        api,
        http=HttpProtocol,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,
    )
    config.load()
    state = HttpServerState()
    server = await loop.create_server(
        lambda: HttpProtocol(config, state, {}, loop), sock=port, backlog=BACKLOG
    )
    host, number = port.getsockname()[:2]
    log.info("http.listening", host=host, port=number)
    try:
        await stopping.wait()
    finally:
        server.close()
        await drain_connections(state)


async def drain_connections(state: HttpServerState) -> None:
    """Wait for the requests in progress, at most SHUTDOWN_GRACE_S, then close every connection."""
    state.is_empty.clear()
    for connection in list(state.connections):
        connection.shutdown()
    if state.connections:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(state.is_empty.wait(), SHUTDOWN_GRACE_S)
    if state.tasks:
        log.warning("http.requests_cancelled", requests=len(state.tasks), grace_s=SHUTDOWN_GRACE_S)
    for task in state.tasks:
        task.cancel()
    for connection in list(state.connections):
        connection.transport.abort()
