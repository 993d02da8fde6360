"""A dead letter blocks later messages of its key; all others are handled."""

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
def customer_refused(site: Site, customer: str) -> Iterator[None]:
    """Make the customer service's database refuse one customer until the block ends."""
    with database(site, "customer") as connection:
        connection.execute(
            f"ALTER TABLE parties ADD CONSTRAINT refused CHECK (party_id <> '{customer}')"
        )
        try:
            yield
        finally:
            connection.execute("ALTER TABLE parties DROP CONSTRAINT refused")


def dead_letters(site: Site) -> list[JSON]:
    """Return the dead letters of the customer service."""
    found: list[JSON] = site.client("ops").get("customer", PARKED, limit=100)
    return found


def test_what_cannot_be_handled_is_a_dead_letter_and_is_redelivered_in_order(site: Site) -> None:
    place, ops = site.exchange_area(), site.client("ops")
    with customer_refused(site, "C-refused"):
        order = site.completed(site.order(fibre(place.served), customer="C-refused"))
        key = order["id"].replace("-", "")
        waiting = site.until(
            lambda: (
                found
                if len(found := [each for each in dead_letters(site) if each["key"] == key]) > 1
                else None
            )
        )
        # Orders of other customers are handled meanwhile, also in this service.
        site.completed(site.order(fibre(place.served), customer="C-accepted"))
        site.view("C-accepted", products=1)

    assert waiting[0]["type"] == "order.accepted.v1"
    assert waiting[0]["why"] != "behind"
    assert waiting[0]["error"]
    assert {each["why"] for each in waiting[1:]} == {"behind"}
    assert ops.get("customer", STATE)["parked"] >= len(waiting)

    answer = ops.send("customer", "POST", f"{PARKED}/{waiting[0]['position']}/retry").json()

    assert answer["still_parked"] == 0
    assert answer["handled"] >= len(waiting)
    (shown,) = site.view("C-refused", products=1)["orders"]
    assert shown["state"] == "completed"
