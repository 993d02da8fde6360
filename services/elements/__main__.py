"""Run the network-element simulator: `python -m services.elements`."""

import gc
import os
import socket
import sys

import uvicorn

from services.elements.api import make_api
from services.elements.journal import FileJournal, Journal, JournalError, NullJournal
from services.elements.no_response import ProtocolWithTransport
from services.elements.settings import Settings, SettingsError
from services.elements.store import Network

EX_CONFIG = 78
"""The exit code for wrong settings: a restart would not help."""

IDLE_SECONDS = 30
SHUTDOWN_SECONDS = 2


def main() -> int:
    """Listen until a signal stops the process. Return the exit code."""
    try:
        settings = Settings.from_environment(os.environ)
        network = Network()
        journal = open_and_replay_journal(settings, network)
        listener = listen(settings)
    except (SettingsError, JournalError) as error:
        sys.stderr.write(f"elements: {error}\n")
        return EX_CONFIG
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
    serve(network, journal, listener)
    return 0


def open_and_replay_journal(settings: Settings, network: Network) -> Journal:
    """Return the journal, after replaying its entries into `network`."""
    if settings.state is None:
        return NullJournal()
    journal = FileJournal(settings.state)
    for entry in journal.entries():
        network.replay(entry)
    return journal


def listen(settings: Settings) -> socket.socket:
    """Return the listening socket.

    Raises:
        SettingsError: the host or port cannot be used.
    """
    host, port = settings.http_host, settings.http_port
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        message = f"cannot listen at {host}:{port} ({error.strerror}): change KAITONG_HTTP_PORT"
        raise SettingsError(message) from error


def serve(network: Network, journal: Journal, listener: socket.socket) -> None:
    """Serve requests until a signal stops the process."""
    config = uvicorn.Config(
        make_api(network, journal),
        loop="uvloop",
        http=ProtocolWithTransport,
        ws="none",
        lifespan="off",
        access_log=False,
        log_level="warning",
        proxy_headers=False,
        server_header=False,
        date_header=False,
        timeout_keep_alive=IDLE_SECONDS,
        timeout_graceful_shutdown=SHUTDOWN_SECONDS,
    )
    uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    sys.exit(main())
