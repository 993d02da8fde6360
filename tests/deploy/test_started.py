"""When a start is over: every service is ready, or makes up for what a restore has lost."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest

from deploy.local.process_environment import is_ready, is_started
from shared.observability.troubles import BLOCKING_KINDS, TroubleKind


@contextmanager
def answering(status: int, body: bytes) -> Iterator[str]:
    """Answer every question so, and return where."""

    class Answer(BaseHTTPRequestHandler):
        """Says the same to everybody."""

        def do_GET(self) -> None:
            """Answer."""
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Log nothing."""

    server = HTTPServer(("127.0.0.1", 0), Answer)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def naming(*kinds: TroubleKind) -> bytes:
    """Return an answer that names troubles of these kinds."""
    troubles = [{"kind": each, "is_blocking": each in BLOCKING_KINDS} for each in kinds]
    return json.dumps({"troubles": troubles}).encode()


@pytest.mark.parametrize(
    ("status", "body", "ready", "started"),
    [
        (200, naming(), True, True),
        (503, naming(TroubleKind.RESTORED), False, True),
        (503, naming(TroubleKind.DATABASE_OUT), False, False),
        (503, naming(TroubleKind.DATABASE_READ_ONLY, TroubleKind.RESTORED), False, False),
        (503, naming(TroubleKind.DATABASE_UNPROVEN, TroubleKind.RESTORED), False, False),
        (503, naming(), False, False),
        (503, b"no JSON", False, False),
        (503, b"[]", False, False),
    ],
)
def test_a_start_waits_for_no_recovery(
    status: int, body: bytes, *, ready: bool, started: bool
) -> None:
    with answering(status, body) as url:
        assert (is_ready(url), is_started(url)) == (ready, started)
