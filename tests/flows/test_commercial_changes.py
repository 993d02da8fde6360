"""Products are paid through another account: nothing changes in the network."""

from typing import Any

from tests.flows.lines import LINES, new_item
from tests.flows.order_items import modification, telephone
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
    site.completed(site.order(*items, telephone(area.served, id_="voice"), customer=customer))
    before = products_of(site, customer)
    assert set(before) == {*LINES, "voice"}
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
