"""What a product costs goes on through changes of something else: agreements, discounts, days."""

from dataclasses import replace
from datetime import UTC, date, datetime

import msgspec
import pytest

from services.order.domain.acceptance.acceptance import AcceptedOrder, accept
from services.order.domain.catalogue.agreements import (
    AgreedPrice,
    AgreedValue,
    Agreement,
    AgreementTerms,
)
from services.order.domain.catalogue.billing_dates import add_months
from services.order.domain.catalogue.pricing import PricingContext, price_product
from services.order.domain.catalogue.tax import TaxCategory, TaxRate, TaxRates
from services.order.domain.fulfilment.completed_items import item_completed
from services.order.domain.fulfilment.installed_base import products_after
from services.order.domain.fulfilment.order_end import advance_order_and_products
from services.order.domain.fulfilment.product import Product
from shared.contracts import ItemCompleted
from shared.persistence.database import Sessions
from tests.conftest import NOON
from tests.order.builders import (
    CATALOGUE,
    PARTY,
    Json,
    a_body,
    a_fibre,
    a_placement,
    an_item,
    order_id,
    read_order,
    service_completed,
)
from tests.order.completing import DAY_BEFORE, a_new, complete, stored_products
from tests.order.test_changes import a_change, at, changed
from tests.order.test_transfers import a_transfer

TODAY = NOON.date()


def an_agreement(id_: str, cents: int, *, party: str = PARTY) -> Agreement:
    """Return an agreement on the price and the speed of the line of 300 Mbit/s."""
    terms = AgreementTerms(
        customer=party,
        name=id_,
        prices=(AgreedPrice(offering="ftth-300", price="ftth-300-monthly", amount_cents=cents),),
        values=(AgreedValue(offering="ftth-300", name="speedMbps", value=cents // 10),),
    )
    return Agreement(id_, NOON, "li-na", terms)


def ordered(
    body: Json,
    n: int,
    *products: Product,
    stated: Agreement | None = None,
    kept: tuple[Agreement, ...] = (),
) -> AcceptedOrder:
    """Accept an order that names an agreement, or changes products that have some."""
    context = a_placement(order_id(n))._replace(
        agreement=stated, kept_agreements={each.id: each for each in kept}
    )
    if stated:
        body = body | {"agreement": [{"id": stated.id}]}
    return accept(read_order(body), context, CATALOGUE, {each.id: each for each in products})


def agreed_fibre(agreement: Agreement, n: int) -> Product:
    """Return the line of the n-th order, which names an agreement."""
    order = ordered(a_body(an_item("1", "ftth-300")), n, stated=agreement)
    return products_after(order.order, {}, service_completed(order).services, NOON).created[0]


def after(order: AcceptedOrder) -> tuple[Product, ...]:
    """Return the products that an order changes, after its completion."""
    locked = {each.id: each for each in order.locked_products}
    return advance_order_and_products(
        order.order, order.progress, locked, service_completed(order), NOON
    ).changed


def moved(number: int, product: Product) -> Json:
    """Return an item that moves a line to another address."""
    (item,) = a_change(product, "move", product=at(f"new-{number}"))["productOrderItem"]
    return dict(item | {"id": f"{number}"})


def speed(product: Product) -> object:
    """Return the speed of a line."""
    return {each.name: each.value for each in product.content.characteristics}["speedMbps"]


def test_each_product_of_an_order_keeps_its_own_agreement() -> None:
    one, two = an_agreement("HT-1", 5000), an_agreement("HT-2", 4000)
    products = agreed_fibre(one, 1), agreed_fibre(two, 2), a_fibre(3)
    items = [moved(n, each) for n, each in enumerate(products, start=1)]

    order = ordered(a_body(*items), 4, *products, kept=(one, two))

    by_id = {each.id: each for each in after(order)}
    found = [by_id[each.id] for each in products]
    assert [each.content.agreement_id for each in found] == ["HT-1", "HT-2", ""]
    assert [each.content.monthly_cents for each in found] == [5000, 4000, 9900]
    assert [speed(each) for each in found] == [500, 400, 300]


def test_a_change_that_prices_nothing_keeps_an_agreed_value_without_its_agreement() -> None:
    product = agreed_fibre(an_agreement("HT-1", 5000), 1)

    (left,) = after(ordered(a_body(moved(1, product)), 2, product))

    assert speed(left) == 500


def test_a_change_of_the_offering_is_priced_by_the_agreement_of_the_product() -> None:
    agreement = an_agreement("HT-1", 5000)
    product = agreed_fibre(agreement, 1)
    body = a_change(product, productOffering={"id": "ftth-1000"})

    (left,) = after(ordered(body, 2, product, kept=(agreement,)))
    back = a_change(left, productOffering={"id": "ftth-300"})
    (again,) = after(ordered(back, 3, left, kept=(agreement,)))

    assert left.content.agreement_id == again.content.agreement_id == "HT-1"
    assert (left.content.monthly_cents, again.content.monthly_cents) == (19900, 5000)


def test_an_agreement_does_not_follow_its_product_to_another_customer() -> None:
    agreement = an_agreement("HT-1", 5000)
    product = agreed_fibre(agreement, 1)

    (left,) = after(ordered(a_transfer(product), 2, product, kept=(agreement,)))

    assert left.content.agreement_id == ""


def test_a_suspended_line_does_not_begin_to_cost_before_the_day_that_was_agreed(
    sessions: Sessions,
) -> None:
    complete(sessions, a_body(a_new("ftth-500-term")))
    (line,) = stored_products(sessions)
    begin = line.content.charged_from
    assert begin
    assert begin > DAY_BEFORE.date()

    (suspended,) = complete(sessions, a_change(line, "suspend", suspensionReason="request"), 2)

    assert suspended.charged_from == begin


def test_another_offering_does_not_begin_to_cost_before_the_day_that_was_agreed() -> None:
    later = f"{add_months(TODAY, 2)}"
    order = ordered(a_body(an_item("1", "ftth-300") | {"chargeStart": later}), 1)
    (product,) = products_after(order.order, {}, service_completed(order).services, NOON).created

    _, left = changed(product, a_change(product, productOffering={"id": "ftth-1000"}))

    assert left.content.charged_from == add_months(TODAY, 2)


def aged_line(months: int) -> Product:
    """Return a line at half price for its first year, which began some months before this one."""
    order = ordered(a_body(an_item("1", "ftth-500-term")), 1)
    (product,) = products_after(order.order, {}, service_completed(order).services, NOON).created
    since = add_months(TODAY, -months)
    charges = (msgspec.structs.replace(each, since=since) for each in product.content.charges)
    content = msgspec.structs.replace(product.content, charges=tuple(charges), charged_from=since)
    return replace(product, content=content)


def told(product: Product, body: Json, n: int) -> tuple[Product, ItemCompleted]:
    """Return a product after an order, and what is handed over to billing."""
    order, left = changed(product, body, n)
    (item,) = order.order.items
    return left, item_completed(order.order, item, product, left, NOON)


@pytest.mark.parametrize(
    ("months", "cents", "left"), [(0, 6450, 12), (5, 6450, 7), (11, 6450, 1), (12, 12900, 0)]
)
def test_a_discount_that_is_interrupted_goes_on_for_the_months_that_are_left(
    months: int, cents: int, left: int
) -> None:
    line = aged_line(months)
    suspended, _ = told(line, a_change(line, "suspend", suspensionReason="request"), 2)

    body = a_change(suspended, "resume", suspensionReason="request")
    _, resumed = told(suspended, body, 3)

    (charge,) = resumed.charges_begin
    assert (charge.cents, charge.discount_months) == (cents, left)


def test_a_transfer_hands_on_what_is_left_of_a_discount() -> None:
    line = aged_line(5)

    _, message = told(line, a_transfer(line), 2)

    ((begun,), (ended,)) = message.charges_begin, message.charges_end
    assert (begun.discount_months, ended.discount_months) == (7, 7)


def test_taxes_are_those_of_the_day_in_the_local_network(monkeypatch: pytest.MonkeyPatch) -> None:
    evening = datetime(2026, 3, 31, 20, tzinfo=UTC)
    rates = (
        TaxRate(basis_points=600, valid_from=date(2014, 6, 1)),
        TaxRate(basis_points=500, valid_from=date(2026, 4, 1)),
    )
    taxes = TaxRates(
        default="vat",
        specifications={},
        categories=(TaxCategory(id="vat", name="VAT", rates=rates),),
    )
    module = "services.order.domain.catalogue.tax"
    monkeypatch.setattr(f"{module}.tax_rates", lambda: taxes)
    monkeypatch.setattr(f"{module}.tax_categories", lambda: {"vat": taxes.categories[0]})
    offering = CATALOGUE.sellable_offerings["ftth-300"]

    price = price_product(offering, [], PricingContext(evening, local_network="025"))

    assert {each.tax_basis_points for each in price.charges} == {500}
