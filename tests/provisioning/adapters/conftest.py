"""The adapters under test, each with a scripted element, and how to make calls with them."""

import ssl
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from socket import create_connection, create_server

import psutil
import pytest

from services.provisioning.adapters.http import HttpAdapter
from services.provisioning.settings import HttpElementSettings
from shared.calls.adapter import Adapter
from tests.provisioning.adapters.certificates import write_certificate
from tests.provisioning.adapters.http_server import HttpServer
from tests.provisioning.adapters.line import LineAdapter, LineServer, LineSettings
from tests.provisioning.adapters.scripted_server import SECRET, ScriptedServer


@dataclass(frozen=True)
class ProtocolCase:
    """A protocol: its scripted element, and its adapter for a port."""

    protocol: str
    server: Callable[[], ScriptedServer]
    adapter: Callable[[int, str], Adapter]
    """Takes the port and the secret."""

    tls_adapter: Callable[[int, Path], Adapter] | None = None
    """Takes the port and the file of the CA; None: the protocol has no TLS."""


def http_adapter(port: int, secret: str) -> Adapter:
    url = f"http://127.0.0.1:{port}"
    given = {"KAITONG_ELEMENTS_URL": url, "KAITONG_ELEMENTS_TOKEN": secret}
    return HttpAdapter(HttpElementSettings.read(given))


def https_adapter(port: int, ca: Path) -> Adapter:
    given = {
        "KAITONG_ELEMENTS_URL": f"https://127.0.0.1:{port}",
        "KAITONG_ELEMENTS_TOKEN": SECRET,
        "KAITONG_ELEMENTS_CA": str(ca),
    }
    return HttpAdapter(HttpElementSettings.read(given))


def line_adapter(port: int, secret: str) -> Adapter:
    return LineAdapter(LineSettings("127.0.0.1", port, secret))


CASES = (
    ProtocolCase("http", HttpServer, http_adapter, https_adapter),
    ProtocolCase("line", LineServer, line_adapter),
)


@pytest.fixture(params=CASES, ids=[each.protocol for each in CASES])
def case(request: pytest.FixtureRequest) -> ProtocolCase:
    """The protocol under test."""
    found: ProtocolCase = request.param
    return found


@pytest.fixture
async def server(case: ProtocolCase) -> AsyncIterator[ScriptedServer]:
    """The scripted element."""
    server = case.server()
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
async def adapter(case: ProtocolCase, server: ScriptedServer) -> AsyncIterator[Adapter]:
    """The adapter under test; it calls the scripted element."""
    adapter = case.adapter(server.port, SECRET)
    yield adapter
    await adapter.close()


@dataclass(frozen=True)
class Certificate:
    """A self-signed certificate, which is its own CA."""

    ca: Path
    context: ssl.SSLContext


@pytest.fixture
def certificate(tmp_path: Path) -> Certificate:
    """A certificate of 127.0.0.1."""
    return a_certificate(tmp_path / "element.pem")


@pytest.fixture
def other_certificate(tmp_path: Path) -> Certificate:
    """Another certificate of 127.0.0.1."""
    return a_certificate(tmp_path / "other.pem")


def a_certificate(file: Path) -> Certificate:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(write_certificate(file))
    return Certificate(file, context)


@asynccontextmanager
async def tls_server(case: ProtocolCase, context: ssl.SSLContext) -> AsyncIterator[ScriptedServer]:
    """A scripted element with TLS."""
    server = case.server()
    await server.start(context)
    yield server
    await server.stop()


@contextmanager
def full_backlog() -> Iterator[int]:
    """Listen on a port to which no further connection is made; return it."""
    with create_server(("127.0.0.1", 0), backlog=0) as listener:
        port: int = listener.getsockname()[1]
        with create_connection(("127.0.0.1", port)):
            yield port


def free_port() -> int:
    """Return a port on which nothing listens."""
    with create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def connections_to(port: int) -> int:
    """Return how many connections this process has to a port, also those that begin."""
    found = psutil.Process().net_connections("tcp4")
    live = {psutil.CONN_ESTABLISHED, psutil.CONN_SYN_SENT, psutil.CONN_CLOSE_WAIT}
    return sum(
        bool(each.raddr) and each.raddr.port == port and each.status in live for each in found
    )
