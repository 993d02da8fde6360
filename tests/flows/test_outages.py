"""Outages of the broker or the database: answers stay true, and nothing is lost."""

from collections.abc import Iterator
from contextlib import contextmanager

from tests.flows.order_items import fibre
from tests.flows.site import Site
from tests.suspension import suspended

LONG = 180.0
"""Seconds; its supervisor waits longer before each restart."""


@contextmanager
def frozen(site: Site, name: str) -> Iterator[None]:
    """Stop a process with SIGSTOP until the block ends."""
    record = next(record for record in site.record.lines if record.name == name)
    process = record.life.process
    assert process
    with suspended(process):
        yield


def test_orders_are_accepted_without_the_broker_and_completed_when_it_is_back(site: Site) -> None:
    place = site.exchange_area()

    with frozen(site, "kafka"):
        answers = [site.post(site.order(fibre(place.served))) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [201] * 3
    for answer in answers:
        assert site.fulfil(answer.json()["id"])["state"] == "completed"


@contextmanager
def database_out(site: Site) -> Iterator[None]:
    """Stop the database until the block ends: without this file it cannot be started."""
    postgres = site.stack.postgres
    assert postgres
    version = postgres.data / "PG_VERSION"
    aside = version.rename(version.with_suffix(".aside"))
    postgres.kill()
    try:
        yield
    finally:
        aside.rename(version)


def test_without_the_database_orders_are_refused_for_now_and_then_taken(site: Site) -> None:
    order = site.order(fibre(site.exchange_area().served))

    with database_out(site):
        refused = site.post(order)
    taken = site.until(lambda: answer if (answer := site.post(order)).is_success else None, LONG)
    site.until_serving(LONG)

    assert refused.status_code == 503
    assert refused.headers["retry-after"]
    assert refused.json()["remedy"]
    assert taken.status_code == 201
    assert site.fulfil(taken.json()["id"])["state"] == "completed"
