"""Changes of products on the whole system: speed, number, address, suspension, resumption."""

from typing import Any

from tests.flows.order_items import disconnection, fibre, modification, product_at, telephone
from tests.flows.site import Site

JSON = Any


def codes(answer: Any) -> list[str]:
    return [each["code"] for each in answer.json()["errors"]]


def the_product(site: Site, customer: str) -> JSON:
    (product,) = site.products(customer, status="")
    return product


def characteristics(product: JSON) -> dict[str, Any]:
    return {each["name"]: each["value"] for each in product.get("productCharacteristic", ())}


def test_a_speed_is_changed_and_the_line_stays(site: Site) -> None:
    place = site.exchange_area(legs=1)
    site.completed(site.order(fibre(place.served), customer="C-faster"))
    before = the_product(site, "C-faster")
    lines = site.view("C-faster", products=1)["lines"]

    change = modification(before["id"], productOffering={"id": "ftth-1000"})
    site.completed(site.order(change, customer="C-faster"))

    after = the_product(site, "C-faster")
    assert (after["id"], after["status"]) == (before["id"], "active")
    assert after["productOffering"]["id"] == "ftth-1000"
    assert characteristics(after)["speedMbps"] == 1000
    assert site.view("C-faster", products=1)["lines"] == lines
    for element in ("aaa", place.olt):
        assert site.configured(element, before["realizingService"][0]["id"])["speed_mbps"] == 1000


def test_a_number_is_changed_and_the_old_one_is_quarantined(site: Site) -> None:
    place = site.exchange_area()
    site.completed(site.order(telephone(place.served), customer="C-renumbered"))
    before = the_product(site, "C-renumbered")
    picked = f"+86{place.numbers[7]}"

    change = modification(before["id"], "change-number", number=picked)
    site.completed(site.order(change, customer="C-renumbered"))

    after = the_product(site, "C-renumbered")
    assert (after["id"], after["productSerialNumber"]) == (before["id"], picked)
    assert site.number(before["productSerialNumber"], "quarantined")["until"]
    service = before["realizingService"][0]["id"]
    assert site.configured("ims", service)["number"] == picked


def test_caller_id_and_forwarding_are_switched_on_and_off(site: Site) -> None:
    place = site.exchange_area()
    site.completed(site.order(telephone(place.served), customer="C-features"))
    product = the_product(site, "C-features")
    service = product["realizingService"][0]["id"]
    assert site.configured("ims", service)["caller_id"] is False

    def change(**values: Any) -> JSON:
        item = modification(product["id"])
        item["product"]["productCharacteristic"] = [
            {"name": name, "value": value} for name, value in values.items()
        ]
        site.completed(site.order(item, customer="C-features"))
        return site.configured("ims", service)

    assert change(callerId=True, forwardTo="+862580000001") | {"number": ""} == {
        "number": "",
        "caller_id": True,
        "forward_to": "+862580000001",
    }
    assert the_product(site, "C-features")["productPrice"][-1]["name"] == "Caller ID, monthly"
    assert change(forwardTo="none")["forward_to"] == "none"
    assert site.configured("ims", service)["caller_id"] is True


def test_a_suspended_product_returns_when_its_last_reason_is_lifted(site: Site) -> None:
    place = site.exchange_area()
    site.completed(site.order(fibre(place.served), customer="C-paused"))
    product = the_product(site, "C-paused")
    service = product["realizingService"][0]["id"]

    def change(action: str, reason: str) -> str:
        item = modification(product["id"], action) | {"suspensionReason": reason}
        site.completed(site.order(item, customer="C-paused"))
        return str(site.configured("aaa", service)["bar"])

    assert change("suspend", "arrears-one-way") == "outgoing"
    assert change("suspend", "lost") == "both"
    suspended = the_product(site, "C-paused")
    assert suspended["status"] == "suspended"
    refused = site.post(
        site.order(
            modification(product["id"], productOffering={"id": "ftth-1000"}), customer="C-paused"
        )
    )
    assert codes(refused) == ["product-suspended"]
    assert change("resume", "lost") == "outgoing"
    assert the_product(site, "C-paused")["status"] == "suspended"
    assert change("resume", "arrears-one-way") == "none"
    assert the_product(site, "C-paused")["status"] == "active"


def test_a_suspended_telephone_is_barred_and_keeps_its_number(site: Site) -> None:
    place = site.exchange_area()
    site.completed(site.order(telephone(place.served), customer="C-barred"))
    product = the_product(site, "C-barred")
    service = product["realizingService"][0]["id"]

    for action, bar, status in (("suspend", "both", "suspended"), ("resume", "none", "active")):
        item = modification(product["id"], action) | {"suspensionReason": "request"}
        site.completed(site.order(item, customer="C-barred"))

        after = the_product(site, "C-barred")
        assert site.configured("ims", service)["bar"] == bar
        assert (after["status"], after["productSerialNumber"]) == (
            status,
            product["productSerialNumber"],
        )


def test_a_suspended_product_can_be_disconnected(site: Site) -> None:
    place = site.exchange_area(legs=1)
    site.completed(site.order(fibre(place.served), customer="C-gone"))
    product = the_product(site, "C-gone")
    item = modification(product["id"], "suspend") | {"suspensionReason": "request"}
    site.completed(site.order(item, customer="C-gone"))

    site.completed(site.order(disconnection(product["id"]), customer="C-gone"))

    assert site.products("C-gone") == []
    assert site.subjects(place.olt) == set()


def test_a_moved_line_frees_the_old_one(site: Site) -> None:
    old, new = site.exchange_area(legs=1), site.exchange_area(legs=1)
    site.completed(site.order(fibre(old.served), customer="C-moved"))
    before = the_product(site, "C-moved")

    item = modification(before["id"], "move")
    item["product"] |= product_at(new.served)
    site.completed(site.order(item, customer="C-moved"))

    after = the_product(site, "C-moved")
    assert (after["id"], after["place"][0]["id"]) == (before["id"], new.served)
    assert site.subjects(old.olt) == set()
    assert site.subjects(new.olt) == {before["realizingService"][0]["id"]}
    site.completed(site.order(fibre(old.served)))


def test_a_telephone_keeps_its_number_within_its_exchange(site: Site) -> None:
    area = site.exchange_area()
    site.completed(site.order(telephone(area.served), customer="C-near"))
    before = the_product(site, "C-near")
    (service,) = (each["id"] for each in before["realizingService"])
    pair = site.holdings(service)["pair"]["value"]

    site.completed(site.order(moved(before, area.unserved), customer="C-near"))

    after, held = the_product(site, "C-near"), site.holdings(service)
    assert (after["id"], after["place"][0]["id"]) == (before["id"], area.unserved)
    assert after["productSerialNumber"] == before["productSerialNumber"]
    assert held["pair"]["value"] != pair
    assert set(held) == {"number", "pair"}


def test_a_telephone_that_leaves_its_exchange_gets_a_number_that_is_picked_there(
    site: Site,
) -> None:
    old, new = site.exchange_area(), site.exchange_area()
    site.completed(site.order(telephone(old.served), customer="C-far"))
    before = the_product(site, "C-far")

    kept = site.fulfil(site.accepted(site.order(moved(before, new.served), customer="C-far")))
    assert (kept["state"], kept["productOrderErrorMessage"][0]["code"]) == ("rejected", "unserved")
    assert the_product(site, "C-far") == before
    site.completed(site.order(moved(before, new.served, number=new.first_plain), customer="C-far"))

    after = the_product(site, "C-far")
    assert (after["productSerialNumber"], after["place"][0]["id"]) == (new.first_plain, new.served)
    site.number(before["productSerialNumber"], "quarantined")


def moved(product: Any, address: str, *, number: str = "") -> Any:
    """Return the item that moves a product to an address, perhaps with a picked number."""
    item = modification(product["id"], "move", number=number)
    item["product"] |= product_at(address)
    return item


def test_a_change_that_fails_leaves_the_product_as_it_was(site: Site) -> None:
    place = site.exchange_area(legs=1)
    site.completed(site.order(fibre(place.served), customer="C-unchanged"))
    before = the_product(site, "C-unchanged")
    service = before["realizingService"][0]["id"]
    with site.faults("aaa", {"fault": "refuse", "kind": "modify-account", "code": "busy"}):
        change = modification(before["id"], productOffering={"id": "ftth-1000"})
        order = site.accepted(site.order(change, customer="C-unchanged"))
        assert site.fulfil(order)["state"] == "failed"

    assert the_product(site, "C-unchanged") == before
    assert site.configured(place.olt, service)["speed_mbps"] == 300
    change = modification(before["id"], productOffering={"id": "ftth-1000"})
    site.completed(site.order(change, customer="C-unchanged"))


def test_a_product_with_an_open_order_is_not_changed_by_another(site: Site) -> None:
    place = site.exchange_area()
    site.completed(site.order(fibre(place.served), customer="C-busy"))
    product = the_product(site, "C-busy")
    first = site.accepted(site.order(disconnection(product["id"]), customer="C-busy"))

    second = site.post(
        site.order(
            modification(product["id"], productOffering={"id": "ftth-1000"}), customer="C-busy"
        )
    )

    assert second.status_code == 409
    assert (second.json()["code"], first in second.text) == ("product-busy", True)
    assert site.fulfil(first)["state"] == "completed"
