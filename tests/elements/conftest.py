"""A simulator in the test process."""

from collections.abc import AsyncIterator

import pytest
from httpx import ASGITransport, AsyncClient

from services.elements.api import make_api
from services.elements.journal import NullJournal
from services.elements.store import Network


@pytest.fixture
async def client() -> AsyncIterator[AsyncClient]:
    """A client of a new simulator."""
    transport = ASGITransport(make_api(Network(), NullJournal()))
    async with AsyncClient(transport=transport, base_url="http://elements") as caller:
        yield caller
