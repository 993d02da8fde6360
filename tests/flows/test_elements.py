"""Elements that are slow, refuse, fail, or perform an operation and drop the answer."""

import time

import pytest

from shared.calls.claiming import LIMITS_TTL
from tests.flows.order_items import fibre
from tests.flows.site import JSON, Site

ADD = {"kind": "add-profile"}


@pytest.mark.parametrize(
    "fault",
    [
        {"fault": "drop", **ADD},
        {"fault": "drop", "then": "silence", "times": 1, **ADD},
        {"fault": "slow", "delay_ms": 400, **ADD},
        {"fault": "error", "times": 3, **ADD},
        {"fault": "reject-connection", "times": 2, **ADD},
        {"fault": "error", "times": 2, "on": ["ask", "perform"], **ADD},
    ],
    ids=["drops", "is silent", "is slow", "fails thrice", "rejects twice", "fails when asked"],
)
def test_an_order_completes_and_its_element_did_everything_once(site: Site, fault: JSON) -> None:
    place = site.exchange_area()

    with site.faults(place.olt, fault):
        order = site.completed(site.order(fibre(place.served)))

    (leg,) = (each for each in site.holdings(order["id"]).values() if each["kind"] == "leg")
    assert site.subjects(place.olt) == {leg["service_id"]}
    assert set(site.element(place.olt, "effects").values()) == {1}


def test_when_an_element_refuses_all_is_undone_and_the_order_fails(site: Site) -> None:
    place = site.exchange_area(legs=1)
    refuses = {"fault": "refuse", "code": "port-locked", "detail": "locked by maintenance", **ADD}

    with site.faults(place.olt, refuses):
        order_id = site.accepted(site.order(fibre(place.served)))
        ended = site.until_state(order_id, "failed")

    (error,) = ended["productOrderErrorMessage"]
    assert error["code"] == "port-locked"
    (item,) = site.plan(order_id)["items"]
    assert item["service_id"] not in site.subjects("aaa") | site.subjects(place.olt)
    site.completed(site.order(fibre(place.served)))


def test_an_element_in_maintenance_is_left_alone_until_it_is_back(site: Site) -> None:
    place, ops = site.exchange_area(), site.client("ops")
    path = f"/ops/v1/elements/{place.olt}/maintenance"
    ops.send("provisioning", "PUT", path, json={"reason": "new line card"})
    time.sleep(LIMITS_TTL.total_seconds())  # runners use cached limits for this long
    order_id = site.accepted(site.order(fibre(place.served)))
    site.until(lambda: steps(site, order_id).get("1/account") == "done")

    assert steps(site, order_id)["1/profile"] == "running"
    assert site.subjects(place.olt) == set()

    ops.send("provisioning", "DELETE", path)
    assert site.fulfil(order_id)["state"] == "completed"


def steps(site: Site, order_id: str) -> dict[str, str]:
    """Return the states of the steps of an order's plan."""
    return {each["step"]: each["state"] for each in site.plan(order_id)["steps"]}
