"""Each trouble is reported by `status`, by /metrics and by /health/ready alike."""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from services.console.troubles import describe_overall_status, trouble_lines
from shared.calls.claiming import LIMITS_TTL
from shared.observability.troubles import TroubleKind
from tests.flows.order_items import fibre
from tests.flows.site import Site
from tests.flows.test_dead_letters import PARKED, customer_refused, database, dead_letters
from tests.flows.test_elements import steps
from tests.flows.test_fallout import stopped_at_test
from tests.flows.trouble_reports import all_report, status_of

ADD = {"kind": "add-profile"}
SILENT = {"fault": "drop", "then": "silence", "on": ["perform", "ask"], **ADD}
RARELY = 0.01
"""Calls a second that an element allows: one now, and the next a minute and a half later."""

LONG = 40.0
"""Seconds; a late timer or a hang is reported only after ten."""


def is_called(site: Site, order_id: str) -> bool:
    """Tell whether an order's profile was requested from its element; it may be done already."""
    return steps(site, order_id).get("1/profile") in {"running", "done"}


def ordered(site: Site, address: str) -> str:
    """Return an order whose profile is requested from its element."""
    order_id = site.accepted(site.order(fibre(address)))
    site.until(lambda: is_called(site, order_id))
    return order_id


def create_dead_letter(site: Site) -> None:
    """Create a dead letter in the customer service."""
    with customer_refused(site, "C-poison"):
        site.accepted(site.order(fibre(site.exchange_area().served), customer="C-poison"))
        site.until(lambda: dead_letters(site))


@contextmanager
def element_troubles(site: Site) -> Iterator[None]:
    """Create an operation in doubt, and an element at its limit, until the block ends."""
    doubtful, limited, ops = site.exchange_area(), site.exchange_area(), site.client("ops")
    path = f"/ops/v1/elements/{limited.olt}"
    ops.send("provisioning", "PUT", path, json={"concurrency": 1, "per_second": RARELY})
    time.sleep(LIMITS_TTL.total_seconds())  # runners use cached limits for this long
    with site.faults(doubtful.olt, SILENT):
        ordered(site, doubtful.served)
        for _ in range(2):
            ordered(site, limited.served)
        yield
    ops.send("provisioning", "PUT", path, json={"concurrency": 8, "per_second": 0})


@contextmanager
def handling_blocked(site: Site, number: str) -> Iterator[None]:
    """Block resources from handling until the block ends; messages and a timer wait for it."""
    site.client("crm").send("resources", "POST", f"/ops/v1/numbers/{number}/hold")
    with database(site, "resources") as connection, connection.transaction():
        connection.execute("LOCK TABLE inbox IN EXCLUSIVE MODE")
        with database(site, "resources") as other:
            other.execute("UPDATE timers SET due_at = now() - interval '1 minute'")
        site.accepted(site.order(fibre(site.exchange_area().served)))
        yield


@pytest.fixture(scope="module")
def troubled(site: Site) -> Iterator[Site]:
    """The system with most kinds of trouble at once."""
    place, number, ops = site.exchange_area(), site.exchange_area().first, site.client("ops")
    create_dead_letter(site)
    order_id = stopped_at_test(site, place.olt, place.served)
    with element_troubles(site), handling_blocked(site, number):
        yield site
    site.decide(order_id, "fail", reason="the test is over")
    for each in dead_letters(site):
        ops.request("customer", "POST", f"{PARKED}/{each['position']}/retry")  # some behind another


@pytest.mark.parametrize(
    ("service", "kind"),
    [
        ("customer", TroubleKind.PARKED),
        ("provisioning", TroubleKind.HELD),
        ("provisioning", TroubleKind.IN_DOUBT),
        ("provisioning", TroubleKind.ELEMENT_AT_LIMIT),
        ("provisioning", TroubleKind.WORK_WAITING),
        ("resources", TroubleKind.LATE_TIMERS),
        ("resources", TroubleKind.LAG),
        ("resources", TroubleKind.HANG),
    ],
)
def test_a_trouble_is_reported_by_all_three_and_makes_no_process_unready(
    troubled: Site, service: str, kind: TroubleKind
) -> None:
    found = troubled.until(lambda: all_report(troubled, service, kind), LONG)

    assert found.ready_status == 200


def test_the_verdict_of_status_follows_and_says_what_to_do(troubled: Site) -> None:
    troubled.until(lambda: all_report(troubled, "resources", TroubleKind.LAG), LONG)

    status = status_of(troubled)

    assert not status.is_well
    assert describe_overall_status(status.troubles) != "all is well"
    (held,) = (line for line in trouble_lines(status.troubles) if "held by" in line)
    assert re.fullmatch(
        r"provisioning: \d+ orders? held by \d+ steps? in fallout, .*for \d+ \w+ — "
        r"GET /ops/v1/fallout .* \(docs/runbook\.md#held\)",
        held,
    )
