"""The kernel's tests run on a database that has the ledger's table as well."""

import pytest

from shared.db import Sessions, metadata_of
from tests.shared import ledger

PAGES = metadata_of("tests.shared").tables[ledger.PageRow.__tablename__]


@pytest.fixture
def sessions(sessions: Sessions) -> Sessions:
    """An empty database with the ledger's table."""
    PAGES.create(sessions.kw["bind"], checkfirst=True)
    return sessions
