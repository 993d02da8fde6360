"""A message that cannot be handled waits, its key's followers behind it; the rest flows."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from tests.flows.order_items import fibre
from tests.flows.site import JSON, Site

STATE, PARKED = "/ops/v1/state", "/ops/v1/parked"


@contextmanager
def database(site: Site, service: str) -> Iterator[psycopg.Connection]:
    """Open a service's database as its owner."""
    url = site.record.databases[service].replace("+psycopg", "")
    with psycopg.connect(url, autocommit=True) as connection:
        yield connection


@contextmanager
def nobody_called(site: Site, customer: str) -> Iterator[None]:
    """Have the customer service's database refuse one customer until the block ends."""
    with database(site, "customer") as connection:
        connection.execute(
            f"ALTER TABLE parties ADD CONSTRAINT nobody CHECK (party_id <> '{customer}')"
        )
        try:
            yield
        finally:
            connection.execute("ALTER TABLE parties DROP CONSTRAINT nobody")


def parked(site: Site) -> list[JSON]:
    """Return what the customer service has parked."""
    found: list[JSON] = site.client("ops").get("customer", PARKED, limit=100)
    return found


def test_what_cannot_be_handled_is_parked_shown_and_released_in_its_order(site: Site) -> None:
    place, ops = site.exchange_area(), site.client("ops")
    with nobody_called(site, "C-nobody"):
        order = site.completed(site.order(fibre(place.served), customer="C-nobody"))
        key = order["id"].replace("-", "")
        waiting = site.until(
            lambda: (
                found
                if len(found := [each for each in parked(site) if each["key"] == key]) > 1
                else None
            )
        )
        # Everybody else's orders flow meanwhile, in the same service too.
        site.completed(site.order(fibre(place.served), customer="C-somebody"))
        site.view("C-somebody", products=1)

    assert waiting[0]["type"] == "order.accepted.v1"
    assert waiting[0]["why"] != "behind"
    assert waiting[0]["error"]
    assert {each["why"] for each in waiting[1:]} == {"behind"}
    assert ops.get("customer", STATE)["parked"] >= len(waiting)

    answer = ops.send("customer", "POST", f"{PARKED}/{waiting[0]['position']}/retry").json()

    assert answer["still_parked"] == 0
    assert answer["handled"] >= len(waiting)
    (shown,) = site.view("C-nobody", products=1)["orders"]
    assert shown["state"] == "completed"
