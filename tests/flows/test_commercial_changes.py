"""Products are paid otherwise, join bundles and leave them: nothing changes in the network."""

from typing import Any

from tests.flows.exchange_area import ExchangeArea
from tests.flows.lines import LINES, new_item, ordered
from tests.flows.order_items import disconnection, modification, product_at, telephone
from tests.flows.site import Site
from tests.flows.test_lines import an_area, kinds_held, products_of, refusal

JSON = Any
PAYMENT = {"billingAccount": {"id": "A-other"}, "paymentMode": "postpaid"}


def of_other_account(site: Site, products: dict[str, JSON], customer: str, *more: JSON) -> JSON:
    """Return an order by which products are paid through another account."""
    items = [
        modification(each["id"], "change-payment", id_=name) for name, each in products.items()
    ]
    return site.order(*items, *more, customer=customer) | PAYMENT


def test_products_of_all_lines_are_paid_through_another_account(site: Site) -> None:
    area, customer = an_area(site), "C-pays-otherwise"
    items = [new_item(each, area, each) for each in LINES]
    site.completed(ordered(site, *items, customer=customer))
    before = products_of(site, customer)
    assert set(before) == set(LINES)
    held = {name: kinds_held(site, each) for name, each in before.items()}

    site.completed(of_other_account(site, before, customer))

    after = products_of(site, customer)
    for name, product in after.items():
        account, mode = product.pop("billingAccount"), product.pop("paymentMode")
        assert (account["id"], mode) == ("A-other", "postpaid")
        assert product == before[name]
        assert kinds_held(site, product) == held[name]


def test_a_change_of_payment_in_an_order_that_fails_changes_nothing(site: Site) -> None:
    area, customer = an_area(site), "C-pays-as-before"
    site.completed(site.order(new_item("ftth", area, "1"), customer=customer))
    before = products_of(site, customer)
    line = new_item("vpn", area, "9")

    with site.faults("vpn-controller", refusal("create-vpn")):
        order = site.accepted(of_other_account(site, before, customer, line))
        assert site.fulfil(order)["state"] == "failed"

    assert products_of(site, customer) == before


def term_line(area: ExchangeArea) -> JSON:
    """Return an item for a line with a term."""
    product = product_at(area.served)
    offering = {"productOffering": {"id": "ftth-500-term"}}
    return {"id": "1", "action": "add", "product": product} | offering


def end_of_term(product: JSON) -> str:
    """Return when the commitment of a product ends."""
    return str(product["productTerm"][0]["validFor"]["endDateTime"])


def test_a_term_is_renewed_and_ends_later(site: Site) -> None:
    area, customer = an_area(site), "C-renews"
    site.completed(site.order(term_line(area), customer=customer))
    before = products_of(site, customer)["ftth"]

    site.completed(site.order(modification(before["id"], "renew"), customer=customer))

    after = products_of(site, customer)["ftth"]
    begin, end = end_of_term(before), end_of_term(after)
    assert int(end[:4]) - int(begin[:4]) == 2
    assert (after["id"], after["productPrice"]) == (before["id"], before["productPrice"])
    assert kinds_held(site, after).keys() == {"leg", "vlan", "loid"}


def test_a_renewal_in_an_order_that_fails_changes_nothing(site: Site) -> None:
    area, customer = an_area(site), "C-renews-not"
    site.completed(site.order(term_line(area), customer=customer))
    before = products_of(site, customer)
    renewal = modification(before["ftth"]["id"], "renew")

    with site.faults("vpn-controller", refusal("create-vpn")):
        order = site.accepted(site.order(renewal, new_item("vpn", area, "9"), customer=customer))
        assert site.fulfil(order)["state"] == "failed"

    assert products_of(site, customer) == before


def joined(*members: JSON) -> JSON:
    """Return the item of the bundle home-300 with these members."""
    bundle = {"id": "home", "action": "add", "productOffering": {"id": "home-300"}}
    return bundle | {"productOrderItem": list(members)}


def monthly(products: dict[str, JSON]) -> float:
    """Return what products cost a month."""
    prices = [price for each in products.values() for price in each["productPrice"]]
    recurring = [each for each in prices if each["priceType"] == "recurring"]
    return float(sum(each["price"]["dutyFreeAmount"]["value"] for each in recurring))


def test_products_join_and_leave_bundles(site: Site) -> None:
    area, customer = an_area(site), "C-in-a-bundle"
    lines = [new_item("ftth", area, "1"), telephone(area.served, id_="2")]
    site.completed(site.order(*lines, customer=customer))
    alone = products_of(site, customer)
    members = [modification(each["id"], "bundle-join", id_=name) for name, each in alone.items()]

    site.completed(site.order(joined(*members), customer=customer))

    bundled = products_of(site, customer)
    bundles = {each["productRelationship"][0]["product"]["name"] for each in bundled.values()}
    assert bundles == {"home-300"}
    assert {each["id"] for each in bundled.values()} == {each["id"] for each in alone.values()}
    one = site.post(site.order(disconnection(bundled["voice"]["id"]), customer=customer))
    assert [each["code"] for each in one.json()["errors"]] == ["bundle-split"]
    left = [modification(each["id"], "bundle-leave", id_=name) for name, each in bundled.items()]
    site.completed(site.order(*left, customer=customer))
    after = products_of(site, customer)
    assert [monthly(each) for each in (alone, bundled, after)] == [99 + 15, 79.2 + 7.5, 99 + 15]
    for name, product in after.items():
        assert product == alone[name] | {"productPrice": product["productPrice"]}
    site.completed(site.order(disconnection(after["voice"]["id"]), customer=customer))


def test_products_that_cannot_join_stay_as_they_were(site: Site) -> None:
    area, customer = an_area(site), "C-in-no-bundle"
    site.completed(site.order(new_item("ftth", area, "1"), customer=customer))
    before = products_of(site, customer)
    fibre = modification(before["ftth"]["id"], "bundle-join", id_="1")

    with site.faults("ims", refusal("create-subscriber")):
        members = joined(fibre, telephone(area.served, id_="2"))
        order = site.accepted(site.order(members, customer=customer))
        site.until_state(order, "failed")

    assert products_of(site, customer) == before
    assert kinds_held(site, before["ftth"]).keys() == {"leg", "vlan", "loid"}


def test_an_order_that_waits_starts_when_the_one_before_has_completed(site: Site) -> None:
    area, other, customer = an_area(site), an_area(site), "C-in-a-queue"
    site.completed(site.order(new_item("ftth", area, "1"), customer=customer))
    fibre = products_of(site, customer)["ftth"]
    move = modification(fibre["id"], "move")
    move["product"] |= product_at(other.served)
    first = site.accepted(site.order(move, customer=customer))
    change = modification(fibre["id"], productOffering={"id": "ftth-1000"})

    second = site.accepted(site.order(change, customer=customer) | {"afterOpenOrder": True})

    assert site.read(second)["state"] == "pending"
    assert site.fulfil(first)["state"] == "completed"
    assert site.fulfil(second)["state"] == "completed"
    after = products_of(site, customer)["ftth"]
    assert after["productOffering"]["id"] == "ftth-1000"
    assert after["place"][0]["id"] == other.served
