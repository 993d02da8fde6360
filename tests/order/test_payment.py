"""A product is paid through another account, or in another mode (付费变更)."""

from dataclasses import replace
from typing import Any

import msgspec
import pytest

from services.order.api.views.products import show_product
from services.order.domain.fulfilment.installed_base import products_after
from services.order.domain.fulfilment.order_end import advance_order_and_products
from services.order.domain.fulfilment.product import Product
from tests.conftest import NOON
from tests.order.builders import (
    Json,
    a_body,
    a_fibre,
    accepted,
    an_item,
    faults_of,
    service_completed,
    service_failed,
)


def a_change(product: Product, account: str = "", mode: str = "") -> Json:
    """Return an order that changes the payment of a product."""
    item = {
        "id": "1",
        "action": "modify",
        "businessAction": "change-payment",
        "product": {"id": str(product.id)},
    }
    stated: dict[str, Any] = {"billingAccount": {"id": account}} if account else {}
    return a_body(item, **(stated | ({"paymentMode": mode} if mode else {})))


def paid(account: str = "", mode: str = "") -> Product:
    """Return a line that is paid so."""
    fibre = a_fibre()
    content = msgspec.structs.replace(fibre.content, account_id=account, payment_mode=mode)
    return replace(fibre, content=content)


@pytest.mark.parametrize(
    ("account", "mode", "expected"),
    [
        ("acc-2", "", ("acc-2", "prepaid")),
        ("", "postpaid", ("acc-1", "postpaid")),
        ("acc-2", "postpaid", ("acc-2", "postpaid")),
    ],
)
def test_the_product_is_paid_as_the_order_states_and_all_else_stays(
    account: str, mode: str, expected: tuple[str, str]
) -> None:
    fibre = paid("acc-1", "prepaid")
    order = accepted(a_change(fibre, account, mode), 2, products=(fibre,))
    (locked,) = order.locked_products

    (after,) = products_after(
        order.order, {fibre.id: locked}, service_completed(order).services, NOON
    ).changed

    assert (after.content.account_id, after.content.payment_mode) == expected
    assert (order.order.one_off_cents, order.order.monthly_cents) == (0, 0)
    assert replace(after, content=fibre.content, changed_order_id=None) == fibre


def test_a_new_product_is_paid_as_its_order_states() -> None:
    body = a_body(an_item(), billingAccount={"id": "acc-1"}, paymentMode="prepaid")
    order = accepted(body)

    (made,) = products_after(order.order, {}, service_completed(order).services, NOON).created

    view = show_product(made)
    assert view.billing_account
    assert (view.billing_account.id, view.payment_mode) == ("acc-1", "prepaid")


def test_a_change_of_payment_that_fails_leaves_the_account() -> None:
    fibre = paid("acc-1")
    order = accepted(a_change(fibre, "acc-2"), 2, products=(fibre,))
    (locked,) = order.locked_products

    update = advance_order_and_products(
        order.order, order.progress, {fibre.id: locked}, service_failed(2), NOON
    )

    assert update.changed == (fibre,)


@pytest.mark.parametrize(
    ("account", "mode", "fault"),
    [
        ("", "", ("/billingAccount", "payment-missing")),
        ("acc-1", "", ("/productOrderItem/0/product", "nothing-changed")),
        ("acc-1", "prepaid", ("/productOrderItem/0/product", "nothing-changed")),
        ("acc-2", "later", ("/paymentMode", "payment-mode-unknown")),
    ],
)
def test_a_change_that_changes_nothing_or_names_no_mode_is_refused(
    account: str, mode: str, fault: tuple[str, str]
) -> None:
    fibre = paid("acc-1", "prepaid")

    assert faults_of(a_change(fibre, account, mode), products=(fibre,)) == {fault}
