"""Returned work orders, steps in fallout, and the decisions on them."""

from tests.flows.order_items import fibre
from tests.flows.site import JSON, Site

DARK = {"fault": "refuse", "kind": "test-line", "code": "no-optical-signal", "detail": "dark"}


def stopped_at_test(site: Site, olt: str, address: str, *, external_id: str = "") -> str:
    """Return an order in fallout: the element refuses its line test."""
    with site.faults(olt, DARK):
        order_id = site.accepted(site.order(fibre(address), external_id=external_id))
        site.answer_work_order(site.work_order(order_id, "install-onu"))
        site.until_state(order_id, "held")
    return order_id


def test_a_returned_work_order_is_issued_again(site: Site) -> None:
    order_id = site.accepted(site.order(fibre(site.exchange_area().served)))
    first = site.work_order(order_id, "install-onu")
    site.answer_work_order(first, "accept")

    site.answer_work_order(first, "return", reason="nobody at home")

    second = site.work_order(order_id, "install-onu")
    assert (second["round"], second["state"]) == (2, "dispatched")
    assert site.fulfil(order_id)["state"] == "completed"


def test_a_work_order_that_is_returned_too_often_puts_the_order_into_fallout(site: Site) -> None:
    order_id = site.accepted(site.order(fibre(site.exchange_area().served)))
    for _ in range(3):
        site.answer_work_order(site.work_order(order_id, "install-onu"), "return", reason="no duct")

    held = site.until_state(order_id, "held")

    (error,) = held["productOrderErrorMessage"]
    assert error["code"] == "returned"
    (fallout,) = site.fallout(order_id)
    assert (fallout["state"], fallout["answer"]) == ("open", "no duct")
    assert fallout["actions"] == ["retry", "skip", "fail"]
    site.decide(order_id, "retry")
    assert site.fulfil(order_id)["state"] == "completed"


def test_a_retry_counts_as_repaired_once_it_was_seen_to_succeed(site: Site) -> None:
    place = site.exchange_area()
    order_id = stopped_at_test(site, place.olt, place.served)

    site.decide(order_id, "retry", reason="fibre was cleaned")

    assert site.until_state(order_id, "completed")
    (fallout,) = site.fallout(order_id)
    assert (fallout["state"], fallout["changed_by"]) == ("repaired", "development-ops")


def test_a_step_that_was_done_by_hand_can_be_skipped(site: Site) -> None:
    place = site.exchange_area()
    order_id = stopped_at_test(site, place.olt, place.served)

    site.decide(order_id, "skip", reason="measured by hand")

    assert site.until_state(order_id, "completed")
    assert site.fallout(order_id)[0]["state"] == "skipped"


def test_an_order_that_is_failed_in_fallout_is_undone_in_reverse(site: Site) -> None:
    place = site.exchange_area(legs=1)
    order_id = stopped_at_test(site, place.olt, place.served)

    site.decide(order_id, "fail", reason="the customer moved away")
    recover = site.work_order(order_id, "recover-onu")
    assert site.subjects(place.olt), "the profile goes after the ONU"
    site.answer_work_order(recover)

    assert site.until_state(order_id, "failed")
    assert site.subjects(place.olt) == set()
    assert site.holdings(order_id) == {}


def test_what_cannot_be_decided_is_refused_with_what_can(site: Site) -> None:
    order_id = site.accepted(site.order(fibre(site.exchange_area().served)))
    site.work_order(order_id, "install-onu")

    answer = site.client("ops").request(
        "provisioning", "POST", f"/ops/v1/fallout/{order_id}/retry", json={"step": "1/install"}
    )

    assert answer.status_code == 409
    assert answer.json()["remedy"]
    assert site.fulfil(order_id)["state"] == "completed"


def test_an_answer_that_contradicts_an_earlier_one_is_refused(site: Site) -> None:
    order_id = site.accepted(site.order(fibre(site.exchange_area().served)))
    work_order: JSON = site.work_order(order_id, "install-onu")
    site.answer_work_order(work_order, "report", remark="done")
    assert site.answer_work_order(work_order, "report", remark="done")["state"] == "reported"

    path = f"/ops/v1/work-orders/{work_order['id']}/return"
    answer = site.client("ops").request("provisioning", "POST", path, json={"reason": "rain"})

    assert (answer.status_code, answer.json()["code"]) == (409, "answered-otherwise")
    assert site.fulfil(order_id)["state"] == "completed"
