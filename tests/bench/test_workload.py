"""What the bench sells is published on a running system, and its orders complete."""

import asyncio

import pytest

from services.console.bench.cases import Site as BenchSite
from services.console.bench.load import flood
from services.console.bench.workload import load_catalogue, load_plant, reference_orders
from services.console.client import ApiError, Client, token_for
from tests.flows.site import Site

FIRST_NUMBER = 8_800_0000
"""Other tests have other numbers in the same system."""


def test_the_reference_line_is_delivered(site: Site) -> None:
    crm, ops = (token_for(role, at=site.home) for role in ("crm", "ops"))
    client = Client(site.record.urls, ops)
    load_plant(client, numbers=10, splitters=1, first=FIRST_NUMBER)

    load_catalogue(client)
    load_catalogue(client)  # as the next bench on the same stack does
    measured = BenchSite(site.record, crm, ops, splitters=1)
    customer = asyncio.run(flood(measured.target, reference_orders(5)))

    keys = list(customer.posted_at)
    site.until(lambda: len(measured.completions.times(keys)) == len(keys) == 5)
    measured.completions.close()


def test_a_catalogue_that_is_refused_for_another_reason_is_not_tried_again(site: Site) -> None:
    with pytest.raises(ApiError, match="scope"):
        load_catalogue(site.client("viewer"))
