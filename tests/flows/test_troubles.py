"""Each trouble, made for real, is named by `status`, by /metrics and by /health/ready alike."""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import httpx
import pytest

from services.console.client import Client, token_for
from services.console.status import PATIENCE_S, SERVICES, Status, look
from services.console.troubles import lines, verdict
from shared.leases import LIMITS_HOLD
from shared.troubles import Kind
from tests.flows.items import fibre
from tests.flows.site import Site
from tests.flows.test_elements import steps
from tests.flows.test_outages import frozen
from tests.flows.test_parking import PARKED, database, nobody_called, parked
from tests.flows.test_people import stopped_at_test

ADD = {"kind": "add-profile"}
SILENT = {"fault": "drop", "then": "silence", "on": ["perform", "ask"], **ADD}
RARELY = 0.01
"""Calls a second that an element bears: one now, and the next a minute and a half later."""

LONG = 40.0
"""Seconds; what is late or hangs has to be so for ten before it is named."""

COUNTED = re.compile(r'^kaitong_trouble\{kind="(\w+)"\} ([1-9].*)$', re.MULTILINE)


@dataclass(frozen=True)
class Named:
    """The kinds of trouble of one service, as its three witnesses name them."""

    status: set[str]
    metrics: set[str]
    ready: set[str]
    ready_status: int


def status_of(site: Site) -> Status:
    """Return what `kaitong status` knows."""
    client = Client(site.record.urls, token_for("viewer", at=site.home), PATIENCE_S)
    try:
        return look(site.record, client)
    finally:
        client.http.close()


def named(site: Site, service: str, status: Status | None = None) -> Named:
    """Ask status, metrics and readiness of a service."""
    told = (status or status_of(site)).as_json()["troubles"]
    url = site.record.urls[service]
    ready = httpx.get(f"{url}/health/ready", timeout=5)
    return Named(
        {each["kind"] for each in told if each["service"] == service},
        {kind for kind, _ in COUNTED.findall(httpx.get(f"{url}/metrics", timeout=5).text)},
        {each["kind"] for each in ready.json()["troubles"]},
        ready.status_code,
    )


def all_name(site: Site, service: str, kind: Kind) -> Named | None:
    """Return what the three name, if all of them name this, and no two name different things."""
    found = named(site, service)
    return found if kind in found.status & found.ready and found.metrics == found.ready else None


def is_called(site: Site, order_id: str) -> bool:
    """Tell whether an order's profile was wanted of its element; it may be done already."""
    return steps(site, order_id).get("1/profile") in {"running", "done"}


def ordered(site: Site, address: str) -> str:
    """Return an order whose profile is wanted of its element."""
    order_id = site.accepted(site.order(fibre(address)))
    site.until(lambda: is_called(site, order_id))
    return order_id


def poisoned(site: Site) -> None:
    """Have the customer service park a message."""
    with nobody_called(site, "C-poison"):
        site.accepted(site.order(fibre(site.place().served), customer="C-poison"))
        site.until(lambda: parked(site))


@contextmanager
def called(site: Site) -> Iterator[None]:
    """Have an operation in doubt, and an element at its limit, until the block ends."""
    doubtful, crowded, ops = site.place(), site.place(), site.client("ops")
    path = f"/ops/v1/elements/{crowded.olt}"
    ops.send("provisioning", "PUT", path, json={"concurrency": 1, "per_second": RARELY})
    time.sleep(LIMITS_HOLD.total_seconds())  # so long runners go by what they read before
    with site.faults(doubtful.olt, SILENT):
        ordered(site, doubtful.served)
        for _ in range(2):
            ordered(site, crowded.served)
        yield
    ops.send("provisioning", "PUT", path, json={"concurrency": 8, "per_second": 0})


@contextmanager
def nothing_handled(site: Site, number: str) -> Iterator[None]:
    """Let resources handle nothing until the block ends; messages and a timer wait for it."""
    site.client("crm").send("resources", "POST", f"/ops/v1/numbers/{number}/hold")
    with database(site, "resources") as connection, connection.transaction():
        connection.execute("LOCK TABLE inbox IN EXCLUSIVE MODE")
        with database(site, "resources") as other:
            other.execute("UPDATE timers SET due_at = now() - interval '1 minute'")
        site.accepted(site.order(fibre(site.place().served)))
        yield


@pytest.fixture(scope="module")
def troubled(site: Site) -> Iterator[Site]:
    """The system with most of what can be wrong with it, at once."""
    place, number, ops = site.place(), site.place().first, site.client("ops")
    poisoned(site)
    order_id = stopped_at_test(site, place.olt, place.served)
    with called(site), nothing_handled(site, number):
        yield site
    site.decide(order_id, "fail", reason="the test is over")
    for each in parked(site):
        ops.ask("customer", "POST", f"{PARKED}/{each['position']}/retry")  # some behind another


@pytest.mark.parametrize(
    ("service", "kind"),
    [
        ("customer", Kind.PARKED),
        ("provisioning", Kind.HELD),
        ("provisioning", Kind.IN_DOUBT),
        ("provisioning", Kind.ELEMENT_AT_LIMIT),
        ("provisioning", Kind.WORK_WAITING),
        ("resources", Kind.LATE_TIMERS),
        ("resources", Kind.LAG),
        ("resources", Kind.HANG),
    ],
)
def test_a_trouble_is_named_by_all_three_and_no_process_is_unready_for_it(
    troubled: Site, service: str, kind: Kind
) -> None:
    found = troubled.until(lambda: all_name(troubled, service, kind), LONG)

    assert found.ready_status == 200


def test_the_verdict_of_status_follows_and_says_what_to_do(troubled: Site) -> None:
    troubled.until(lambda: all_name(troubled, "resources", Kind.LAG), LONG)

    status = status_of(troubled)

    assert not status.is_well
    assert verdict(status.troubles) != "all is well"
    (held,) = (line for line in lines(status.troubles) if "held by" in line)
    assert re.fullmatch(
        r"provisioning: \d+ orders? held by \d+ steps? in fallout, .*for \d+ \w+ — "
        r"GET /ops/v1/fallout .* \(docs/runbook\.md#held\)",
        held,
    )


def test_a_process_that_hangs_is_named_by_status_with_what_to_do(site: Site) -> None:
    with frozen(site, "customer"):
        status = status_of(site)
        with pytest.raises(httpx.TimeoutException):  # which is what Prometheus and probes see
            httpx.get(f"{site.record.urls['customer']}/health/ready", timeout=1)

    (line,) = (each for each in lines(status.troubles) if each.startswith("customer: is stopped"))
    assert "`kill -CONT" in line


def all_miss_kafka(site: Site) -> Status | None:
    """Return what status knows, if all services have found out that Kafka is out."""
    status = status_of(site)
    out = {each.service for each in status.troubles if each.trouble.kind is Kind.BROKER_OUT}
    return status if out == set(SERVICES) else None


def test_when_kafka_is_out_all_services_answer_and_kafka_is_named_once(site: Site) -> None:
    with frozen(site, "kafka"):
        status = site.until(lambda: all_miss_kafka(site))
        found = {name: named(site, name, status) for name in SERVICES}

    for each in found.values():
        assert Kind.BROKER_OUT in each.status & each.metrics & each.ready
        assert each.ready_status == 200
    assert not any("error" in state for state in status.services.values())
    (line,) = (each for each in lines(status.troubles) if "afka" in each)
    assert line.startswith("kafka: is stopped by a signal")
    site.until(lambda: not named(site, "order").metrics & {Kind.BROKER_OUT})
