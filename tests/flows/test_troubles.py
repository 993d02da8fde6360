"""Each trouble, made for real, is named by `status`, by /metrics and by /health/ready alike."""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from services.console.troubles import trouble_lines, verdict
from shared.calls.claiming import LIMITS_TTL
from shared.observability.troubles import TroubleKind
from tests.flows.order_items import fibre
from tests.flows.site import Site
from tests.flows.test_elements import steps
from tests.flows.test_parking import PARKED, database, nobody_called, parked
from tests.flows.test_people import stopped_at_test
from tests.flows.trouble_reports import all_report, status_of

ADD = {"kind": "add-profile"}
SILENT = {"fault": "drop", "then": "silence", "on": ["perform", "ask"], **ADD}
RARELY = 0.01
"""Calls a second that an element bears: one now, and the next a minute and a half later."""

LONG = 40.0
"""Seconds; what is late or hangs has to be so for ten before it is named."""


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
        site.accepted(site.order(fibre(site.exchange_area().served), customer="C-poison"))
        site.until(lambda: parked(site))


@contextmanager
def called(site: Site) -> Iterator[None]:
    """Have an operation in doubt, and an element at its limit, until the block ends."""
    doubtful, crowded, ops = site.exchange_area(), site.exchange_area(), site.client("ops")
    path = f"/ops/v1/elements/{crowded.olt}"
    ops.send("provisioning", "PUT", path, json={"concurrency": 1, "per_second": RARELY})
    time.sleep(LIMITS_TTL.total_seconds())  # so long runners go by what they read before
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
        site.accepted(site.order(fibre(site.exchange_area().served)))
        yield


@pytest.fixture(scope="module")
def troubled(site: Site) -> Iterator[Site]:
    """The system with most of what can be wrong with it, at once."""
    place, number, ops = site.exchange_area(), site.exchange_area().first, site.client("ops")
    poisoned(site)
    order_id = stopped_at_test(site, place.olt, place.served)
    with called(site), nothing_handled(site, number):
        yield site
    site.decide(order_id, "fail", reason="the test is over")
    for each in parked(site):
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
def test_a_trouble_is_named_by_all_three_and_no_process_is_unready_for_it(
    troubled: Site, service: str, kind: TroubleKind
) -> None:
    found = troubled.until(lambda: all_report(troubled, service, kind), LONG)

    assert found.ready_status == 200


def test_the_verdict_of_status_follows_and_says_what_to_do(troubled: Site) -> None:
    troubled.until(lambda: all_report(troubled, "resources", TroubleKind.LAG), LONG)

    status = status_of(troubled)

    assert not status.is_well
    assert verdict(status.troubles) != "all is well"
    (held,) = (line for line in trouble_lines(status.troubles) if "held by" in line)
    assert re.fullmatch(
        r"provisioning: \d+ orders? held by \d+ steps? in fallout, .*for \d+ \w+ — "
        r"GET /ops/v1/fallout .* \(docs/runbook\.md#held\)",
        held,
    )
