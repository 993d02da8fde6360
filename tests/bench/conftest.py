"""The running system, with plant for the bench's orders."""

from collections.abc import Iterator

import pytest

from services.console.bench import cases
from services.console.bench.steady import USUAL
from services.console.bench.workload import load_plant, set_limits
from services.console.client import Client, token_for
from tests.flows.site import Site

SPLITTERS = 16
NUMBERS = 10_000
FIRST_NUMBER = 8_900_0000
"""Other tests have lower ones in the same system."""


@pytest.fixture(scope="package")
def measured_site(site: Site) -> Iterator[cases.Site]:
    """The running system, as the bench measures one."""
    crm, ops = (token_for(role, at=site.home) for role in ("crm", "ops"))
    client = Client(site.record.urls, ops)
    load_plant(client, NUMBERS, SPLITTERS, first=FIRST_NUMBER)
    found = cases.Site(site.record, crm, ops, SPLITTERS, per_second=8)
    yield found
    set_limits(client, USUAL.core_calls, "aaa", "ims")
    found.completions.close()
