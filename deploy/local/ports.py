"""Find free loopback ports."""

import contextlib
import random
import socket

from deploy.local.errors import StartError

HOST = "127.0.0.1"
RANGE = range(15_000, 32_000)
"""Below the ports that systems use for outgoing connections, so that an engine's port is
still free after a restart."""


def is_free(port: int) -> bool:
    """Tell whether a process could listen on this port now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
        return True


def free_port() -> int:
    """Return a port that is free now."""
    return next(port for port in random.sample(RANGE, len(RANGE)) if is_free(port))


def answers(port: int, request: bytes, timeout_s: float) -> bool:
    """Tell whether a server on a port answers a request within `timeout_s` seconds."""
    with (
        contextlib.suppress(OSError),
        socket.create_connection((HOST, port), timeout_s) as connection,
    ):
        connection.sendall(request)
        return len(connection.recv(1)) > 0
    return False


def choose(wanted: int | None, last: int | None, name: str) -> int:
    """Return the port to use: the wanted one, else the last one if free, else any free one.

    Raises:
        StartError: The wanted port is taken.
    """
    if wanted is not None and not is_free(wanted):
        message = f"{name}: port {wanted} on {HOST} is taken; free it or choose another"
        raise StartError(message)
    if wanted is not None:
        return wanted
    return last if last is not None and is_free(last) else free_port()
