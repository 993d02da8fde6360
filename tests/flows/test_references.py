"""Every reference in every answer leads to what it names, in any service."""

from typing import Any

import pytest

from deploy.local.stack_record import SERVICES
from services.console.client import Client
from tests.flows.crawl import LinkCrawler, objects_in
from tests.flows.order_items import disconnection, fibre, home_bundle, telephone
from tests.flows.site import PRODUCTS, Site

TENANT = "references"
OPENED = (
    "order /tmf-api/productOrderingManagement/",
    "order /tmf-api/productInventory/",
    "order /tmf-api/productCatalogManagement/",
    "order /ops/v1/orders/",
    "order /ops/v1/audit",
    "provisioning /tmf-api/serviceInventory/",
    "provisioning /ops/v1/elements/",
    "provisioning /ops/v1/plans/",
    "provisioning /ops/v1/fallout/",
    "provisioning /ops/v1/work-orders/",
    "customer /tmf-api/partyManagement/",
    "customer /tmf-api/accountManagement/v4/partyAccount/",
    "customer /ops/v1/customers/",
    "resources /ops/v1/holdings/",
    "resources /ops/v1/reservations/",
    "resources /ops/v1/numbers/",
    "resources /ops/v1/addresses/",
    "resources /ops/v1/pools/",
    *(f"{service} /ops/v1/journeys/" for service in SERVICES),
)
"""What must have been opened: the service, and the prefix of the path."""

PARAMETERS = {"relatedParty.id": "C-1"}
QUERIES = {
    "/ops/v1/customers": {"name": "试验人"},
    "/ops/v1/reservations": {"older_than": "0"},
}
ROLES = ("viewer", "ops", "supervisor")
"""The readers: each reads what those before may not."""

Json = Any


@pytest.fixture(scope="module")
def viewer(site: Site) -> Client:
    """A viewer of a tenant with all kinds of orders, one of them still open."""
    place = site.exchange_area(tenant=TENANT)
    crm = site.client("crm", tenant=TENANT)
    for number, item in enumerate(
        (fibre(place.served), telephone(place.served), home_bundle(place.served)), start=1
    ):
        order = site.order(item, customer=f"C-{number}")
        order["billingAccount"] = {"id": f"A-{number}"}
        order["relatedParty"][0]["@referredType"] = ("Individual", "Organization")[number % 2]
        finish(site, site.post(order, client=crm).json())
    of_party = {"relatedParty.id": "C-2"}
    (product,) = site.client("viewer", tenant=TENANT).get("order", PRODUCTS, **of_party)
    finish(
        site, site.post(site.order(disconnection(product["id"]), customer="C-2"), client=crm).json()
    )
    request_release(site, site.order(telephone(place.served), customer="C-4"))
    return site.client("viewer", tenant=TENANT)


def request_release(site: Site, order: Json) -> None:
    """Place an order, and request the release of its reservation, which its plan still needs."""
    order_id = site.post(order, client=site.client("crm", tenant=TENANT)).json()["id"]
    seen, ops = site.client("viewer", tenant=TENANT), site.client("ops", tenant=TENANT)
    site.until(lambda: seen.get("resources", f"/ops/v1/holdings/{order_id}")["held"])
    path = f"/ops/v1/reservations/{order_id}"
    ops.post("resources", f"{path}/release", {"reason": "to see it listed"})
    site.until(lambda: seen.get("resources", path).get("answered_at"))


def finish(site: Site, order: Json) -> None:
    """Report all work orders of an order done, until it has completed."""
    crew, seen = site.client("ops", tenant=TENANT), site.client("viewer", tenant=TENANT)

    def completed() -> bool:
        for work_order in crew.get("provisioning", "/ops/v1/work-orders", order_id=order["id"]):
            crew.post("provisioning", f"/ops/v1/work-orders/{work_order['id']}/report", {})
        return bool(seen.get("order", order["href"])["state"] == "completed")

    site.until(completed)
    path = f"/ops/v1/customers/{order['relatedParty'][0]['id']}/view"

    def is_seen() -> bool:
        answer = seen.request("customer", "GET", path)
        orders = answer.json()["orders"] if answer.is_success else []
        return any(each["id"] == order["id"] and each["state"] == "completed" for each in orders)

    site.until(is_seen)


def test_every_reference_in_every_answer_leads_to_what_it_names(site: Site, viewer: Client) -> None:
    more = [site.client(role, tenant=TENANT) for role in ROLES[1:]]
    crawl = LinkCrawler([viewer, *more], PARAMETERS, QUERIES)

    crawl.run()

    assert not crawl.broken, "\n".join(crawl.broken)
    opened = [each for each in OPENED if any(path.startswith(each) for path in crawl.followed)]
    assert opened == list(OPENED)


def test_a_price_of_an_order_is_the_catalogues(viewer: Client) -> None:
    orders = viewer.get("order", "/tmf-api/productOrderingManagement/v4/productOrder")
    lines = [part for part in objects_in(orders) if "productOfferingPrice" in part]

    assert lines
    for line in lines:
        reference = line["productOfferingPrice"]
        assert viewer.get("order", reference["href"])["id"] == reference["id"]
        assert ":" in reference["id"]
