"""The running system, with plant for the bench's orders."""

from collections.abc import Iterator

import pytest

from services.console.client import Client, token_for
from tests.flows.site import Site
from tools.bench import cases
from tools.bench.catalogue import load_catalogue
from tools.bench.plant import load_plant, set_concurrency_limits
from tools.bench.steady_load import DEFAULT_BEHAVIOUR

SPLITTERS = 16
NUMBERS = 10_000
FIRST_NUMBER = 8_900_0000
"""Other tests use lower numbers in the same system."""


@pytest.fixture(scope="package")
def measured_site(site: Site) -> Iterator[cases.BenchSystem]:
    """The running system, as the bench measures one."""
    crm, ops = (token_for(role, at=site.home) for role in ("crm", "ops"))
    client = Client(site.record.urls, ops)
    load_catalogue(client)
    load_plant(client, NUMBERS, SPLITTERS, first=FIRST_NUMBER)
    found = cases.BenchSystem(site.record, crm, ops, SPLITTERS, per_second=8)
    yield found
    set_concurrency_limits(client, DEFAULT_BEHAVIOUR.core_calls, "aaa", "ims")
    found.completions.close()
