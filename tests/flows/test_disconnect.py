"""Disconnections: resources become free again, numbers after their quarantine."""

from tests.flows.order_items import disconnection, fibre, home_bundle, telephone
from tests.flows.site import JSON, Site


def disconnect_all(site: Site, customer: str) -> JSON:
    """Disconnect all products of a customer."""
    products = site.products(customer)
    items = [
        disconnection(each["id"], id_=str(place)) for place, each in enumerate(products, start=1)
    ]
    return site.completed(site.order(*items, customer=customer))


def test_a_disconnected_fibre_leaves_nothing_behind(site: Site) -> None:
    place = site.exchange_area(legs=1)
    site.completed(site.order(fibre(place.served), customer="C-leaves"))

    disconnect_all(site, "C-leaves")

    assert site.products("C-leaves") == []
    site.until(lambda: not site.view("C-leaves", products=0)["lines"])
    assert site.subjects(place.olt) == set()
    # The one leg there is can be sold again.
    site.completed(site.order(fibre(place.served)))


def test_the_number_of_a_disconnected_telephone_is_quarantined_before_it_is_assigned_again(
    site: Site,
) -> None:
    place = site.exchange_area()
    site.completed(site.order(telephone(place.served), customer="C-quiet"))
    (product,) = site.products("C-quiet")
    number = product["productSerialNumber"]

    disconnect_all(site, "C-quiet")

    assert site.number(number, "quarantined")["until"]
    next_one = site.completed(site.order(telephone(place.served), customer="C-next"))
    assert next_one["state"] == "completed"
    assert site.products("C-next")[0]["productSerialNumber"] != number


def test_a_bundle_is_disconnected_as_a_whole(site: Site) -> None:
    place = site.exchange_area()
    site.completed(site.order(home_bundle(place.served), customer="C-whole"))
    first, _ = site.products("C-whole")

    half = site.post(site.order(disconnection(first["id"]), customer="C-whole"))
    assert half.status_code == 400
    assert [each["code"] for each in half.json()["errors"]] == ["bundle-split"]

    disconnect_all(site, "C-whole")
    assert site.products("C-whole") == []


def test_a_product_with_an_open_order_cannot_be_disconnected_again(site: Site) -> None:
    place = site.exchange_area()
    site.completed(site.order(fibre(place.served), customer="C-twice"))
    (product,) = site.products("C-twice")
    first = site.accepted(site.order(disconnection(product["id"]), customer="C-twice"))

    second = site.post(site.order(disconnection(product["id"]), customer="C-twice"))

    assert (second.status_code, second.json()["code"]) == (409, "product-busy")
    assert site.fulfil(first)["state"] == "completed"


def test_another_customers_product_cannot_be_disconnected(site: Site) -> None:
    place = site.exchange_area()
    site.completed(site.order(fibre(place.served), customer="C-owner"))
    (product,) = site.products("C-owner")

    answer = site.post(site.order(disconnection(product["id"]), customer="C-thief"))

    assert answer.status_code == 400
    assert [each["code"] for each in answer.json()["errors"]] == ["product-of-another"]
