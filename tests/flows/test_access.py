"""Permissions of roles, and the visibility of data."""

import pytest

from services.console.client import Client
from services.console.orders import ORDERS
from tests.flows.order_items import fibre
from tests.flows.site import Site


def test_a_viewer_cannot_order(site: Site) -> None:
    order = site.order(fibre(site.exchange_area().served))

    answer = site.post(order, client=site.client("viewer"))

    assert answer.status_code == 403
    assert "crm:order.write" in answer.text


@pytest.mark.parametrize("token", ["", "no-token-at-all"])
def test_a_request_without_a_valid_token_is_refused(site: Site, token: str) -> None:
    answer = site.post(site.order(fibre("addr")), client=Client(site.record.urls, token or "x"))

    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")


def test_a_crm_cannot_decide_for_the_operators(site: Site) -> None:
    answer = site.client("crm").request("provisioning", "GET", "/ops/v1/fallout")

    assert answer.status_code == 403


def test_an_order_belongs_to_the_client_that_placed_it(site: Site) -> None:
    order_id = site.accepted(site.order(fibre(site.exchange_area().served)))
    other = site.client("crm", name="another-shop")

    assert other.request("order", "GET", f"{ORDERS}/{order_id}").status_code == 404
    assert order_id not in {each["id"] for each in other.get("order", ORDERS, limit=100)}
    assert site.read(order_id)["id"] == order_id
    site.fulfil(order_id)


def test_a_tenant_sees_and_uses_nothing_of_another(site: Site) -> None:
    ours, theirs = site.exchange_area(), site.exchange_area(tenant="anhui")
    crm = site.client("crm", tenant="anhui")
    viewer = site.client("viewer", tenant="anhui")
    order_id = site.accepted(site.order(fibre(ours.served), customer="C-ours"))

    assert viewer.request("order", "GET", f"{ORDERS}/{order_id}").status_code == 404
    assert viewer.request("customer", "GET", "/ops/v1/customers/C-ours/view").status_code == 404
    assert viewer.request("provisioning", "GET", f"/ops/v1/plans/{order_id}").status_code == 404
    assert viewer.get("resources", f"/ops/v1/holdings/{order_id}")["held"] == []
    answer = site.post(site.order(fibre(ours.served)), client=crm)
    rejected = answer.json()["id"]
    ended = site.until(
        lambda: (
            order
            if (order := viewer.get("order", f"{ORDERS}/{rejected}"))["state"] == "rejected"
            else None
        )
    )
    assert ended["productOrderErrorMessage"][0]["code"] == "unserved"
    assert theirs.served != ours.served
    site.fulfil(order_id)
