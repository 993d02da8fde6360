"""A start is complete when every service is ready or recovers from a restore."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest

from deploy.local.process_environment import is_ready, is_started
from shared.observability.troubles import BLOCKING_KINDS, TroubleKind


@contextmanager
def serving(status: int, body: bytes) -> Iterator[str]:
    """Serve this answer to every request; yield the URL."""

    class Answer(BaseHTTPRequestHandler):
        """Returns the same answer to every request."""

        def do_GET(self) -> None:
            """Return the answer."""
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


def report_of(*kinds: TroubleKind) -> bytes:
    """Return a health report with troubles of these kinds."""
    troubles = [{"kind": each, "is_blocking": each in BLOCKING_KINDS} for each in kinds]
    return json.dumps({"troubles": troubles}).encode()


@pytest.mark.parametrize(
    ("status", "body", "ready", "started"),
    [
        (200, report_of(), True, True),
        (503, report_of(TroubleKind.RESTORED), False, True),
        (503, report_of(TroubleKind.DATABASE_OUT), False, False),
        (503, report_of(TroubleKind.DATABASE_READ_ONLY, TroubleKind.RESTORED), False, False),
        (503, report_of(TroubleKind.DATABASE_UNPROVEN, TroubleKind.RESTORED), False, False),
        (503, report_of(), False, False),
        (503, b"no JSON", False, False),
        (503, b"[]", False, False),
    ],
)
def test_a_start_waits_for_no_recovery(
    status: int, body: bytes, *, ready: bool, started: bool
) -> None:
    with serving(status, body) as url:
        assert (is_ready(url), is_started(url)) == (ready, started)
