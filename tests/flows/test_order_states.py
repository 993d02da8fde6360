"""The view of a customer shows the states of its orders as the order service has them."""

from tests.flows.order_items import fibre
from tests.flows.site import JSON, Site


def shown_in(site: Site, state: str, order_id: str, customer: str) -> JSON:
    """Wait until the order service has an order in this state, then until the view shows it."""
    site.until_state(order_id, state)

    def as_expected() -> JSON | None:
        answer = site.client("viewer").request(
            "customer", "GET", f"/ops/v1/customers/{customer}/view"
        )
        orders = answer.json()["orders"] if answer.is_success else []
        same = (each for each in orders if (each["id"], each["state"]) == (order_id, state))
        return next(same, None)

    found: JSON = site.until(as_expected)
    return found


def test_the_view_follows_an_order_into_fallout_and_out_of_it(site: Site) -> None:
    order = site.order(fibre(site.exchange_area().served), customer="C-followed")
    order_id = site.accepted(order)
    shown_in(site, "inProgress", order_id, "C-followed")

    for _ in range(3):
        site.answer_work_order(site.work_order(order_id, "install-onu"), "return", reason="no duct")

    hold = shown_in(site, "held", order_id, "C-followed")["hold"]
    assert (hold["step"], hold["code"]) == ("1/install", "returned")
    (fallout,) = site.fallout(order_id)
    assert (hold["step"], hold["reason"]) == (fallout["step"], fallout["reason"])

    site.decide(order_id, "retry")

    assert "hold" not in shown_in(site, "inProgress", order_id, "C-followed")
    site.fulfil(order_id)
    assert shown_in(site, "completed", order_id, "C-followed")["endedAt"]
