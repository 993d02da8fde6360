"""What the bench sells is published on a running system, and its orders complete."""

import asyncio

import pytest

from services.console.client import ApiError
from tests.flows.site import Site
from tools.bench.cases import BenchSystem as MeasuredSite
from tools.bench.catalogue import load_catalogue
from tools.bench.load_generator import post_closed_loop
from tools.bench.orders import reference_orders


def test_the_reference_line_is_delivered(site: Site, measured_site: MeasuredSite) -> None:
    ops = site.client("ops")

    load_catalogue(ops)
    load_catalogue(ops)  # as the next bench on the same stack does
    customer = asyncio.run(post_closed_loop(measured_site.target, reference_orders(5)))

    keys = list(customer.posted_at)
    site.until(lambda: len(measured_site.completions.times(keys)) == len(keys) == 5)


def test_a_catalogue_that_is_refused_for_another_reason_is_not_tried_again(site: Site) -> None:
    with pytest.raises(ApiError, match="scope"):
        load_catalogue(site.client("viewer"))
