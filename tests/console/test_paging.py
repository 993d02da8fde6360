"""The command line reads a list to its end, page by page."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from urllib.parse import parse_qs, urlsplit

import pytest

from services.console.catalogue import OFFERINGS, active_entries
from services.console.client import Client

PAGE_SIZE = 7
"""The page limit of the caller's role: less than the command asks for."""

LAST = 30


class Catalogue(BaseHTTPRequestHandler):
    """A list of active offerings with a Link header to the next page, as in TMF630."""

    def do_GET(self) -> None:
        """Return a page."""
        query = parse_qs(urlsplit(self.path).query)
        assert query["lifecycleStatus"] == ["active"]
        first = int(query.get("after", ["0"])[0]) + 1
        page = list(range(first, min(first + PAGE_SIZE, LAST + 1)))
        body = json.dumps([{"id": str(each)} for each in page]).encode()
        self.send_response(206 if page[-1] < LAST else 200)
        if page[-1] < LAST:
            place = f"{OFFERINGS}?lifecycleStatus=active&limit=100&after={page[-1]}"
            self.send_header("Link", f'<{place}>; rel="next"')
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Log nothing."""


@pytest.fixture
def catalogue() -> Iterator[str]:
    """The address of a server of the list."""
    with HTTPServer(("127.0.0.1", 0), Catalogue) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_a_list_is_read_to_its_end_by_the_link_header(catalogue: str) -> None:
    found = active_entries(Client({"order": catalogue}, "token"), OFFERINGS)

    assert [int(each["id"]) for each in found] == list(range(1, LAST + 1))
