"""Every reference in every answer leads to what it names, in whatever service that is."""

from collections.abc import Iterator
from typing import Any

import pytest

from services.console.client import Client
from tests.flows.items import fibre, gone, home_bundle, telephone
from tests.flows.site import PRODUCTS, Site

TENANT = "references"
OWNERS = {
    "/tmf-api/productOrderingManagement/": "order",
    "/tmf-api/productInventory/": "order",
    "/tmf-api/productCatalogManagement/": "order",
    "/tmf-api/serviceInventory/": "provisioning",
    "/ops/v1/elements": "provisioning",
    "/tmf-api/partyManagement/": "customer",
    "/tmf-api/accountManagement/": "customer",
    "/ops/v1/customers": "customer",
    "/ops/v1/": "resources",
}
"""Which service answers what begins so; the first that fits."""

Json = Any


def owner_of(path: str) -> str:
    """Return the service that answers at a path."""
    return next(service for begin, service in OWNERS.items() if path.startswith(begin))


def lists_of(client: Client, service: str) -> Iterator[Json]:
    """Yield all that a service lists by itself, without being told what to look for."""
    paths = client.get(service, "/openapi.json")["paths"]
    for path in (path for path, verbs in paths.items() if "get" in verbs and "{" not in path):
        answer = client.ask(service, "GET", path)
        media_type = answer.headers.get("content-type", "")
        if answer.is_success and media_type.startswith("application/json"):
            yield answer.json()


def parts_of(answer: Json) -> Iterator[dict[str, Json]]:
    """Yield every object in an answer."""
    match answer:
        case dict():
            yield answer
            for each in answer.values():
                yield from parts_of(each)
        case list():
            for each in answer:
                yield from parts_of(each)
        case _:
            return


class Crawl:
    """Follows references until there are no new ones."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.followed: dict[str, Json] = {}
        self.broken: list[str] = []

    def look(self, answer: Json) -> None:
        """Follow all references in an answer."""
        for part in parts_of(answer):
            if "@referredType" in part and "id" in part and "href" not in part:
                self.broken.append(f"{part['@referredType']} {part['id']} has no href")
            for name in ("href", "productOrderHref", "view"):
                if name in part and part[name] not in self.followed:
                    self.follow(part[name], part["id"] if name == "href" else None)

    def follow(self, path: str, id_: str | None) -> None:
        """Follow one reference to what has this id."""
        answer = self.client.ask(owner_of(path), "GET", path)
        found = answer.json()
        self.followed[path] = found
        if not answer.is_success:
            self.broken.append(f"{path}: {answer.status_code}")
        elif id_ is not None and id_ not in {found.get(name) for name in ("id", "value", *NAMES)}:
            self.broken.append(f"{path} is not {id_}: {found}")
        self.look(found)


NAMES = ("number", "name")
"""What is called by something else than an id: telephone numbers, elements."""


@pytest.fixture(scope="module")
def viewer(site: Site) -> Client:
    """Read access to a tenant that has had all kinds of orders, all of them at their end."""
    place = site.place(tenant=TENANT)
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
    finish(site, site.post(site.order(gone(product["id"]), customer="C-2"), client=crm).json())
    return site.client("viewer", tenant=TENANT)


def finish(site: Site, order: Json) -> None:
    """Have crews do all that an order needs, until it has completed."""
    crew, seen = site.client("ops", tenant=TENANT), site.client("viewer", tenant=TENANT)

    def completed() -> bool:
        for job in crew.get("provisioning", "/ops/v1/work-orders", order_id=order["id"]):
            crew.post("provisioning", f"/ops/v1/work-orders/{job['id']}/report", {})
        return bool(seen.get("order", order["href"])["state"] == "completed")

    site.until(completed)
    path = f"/ops/v1/customers/{order['relatedParty'][0]['id']}/view"

    def is_seen() -> bool:
        answer = seen.ask("customer", "GET", path)
        orders = answer.json()["orders"] if answer.is_success else []
        return any(each["id"] == order["id"] and each["state"] == "completed" for each in orders)

    site.until(is_seen)


def test_every_reference_in_every_answer_leads_to_what_it_names(viewer: Client) -> None:
    crawl = Crawl(viewer)

    for service in ("order", "provisioning", "resources", "customer"):
        for answer in lists_of(viewer, service):
            crawl.look(answer)

    assert crawl.broken == []
    reached = {kind for kind in OWNERS if any(kind in path for path in crawl.followed)}
    assert reached == set(OWNERS)


def test_a_price_of_an_order_is_the_catalogues(viewer: Client) -> None:
    orders = viewer.get("order", "/tmf-api/productOrderingManagement/v4/productOrder")
    lines = [part for part in parts_of(orders) if "productOfferingPrice" in part]

    assert lines
    for line in lines:
        reference = line["productOfferingPrice"]
        assert viewer.get("order", reference["href"])["id"] == reference["id"]
        assert ":" in reference["id"]
