"""Checks of items by which a product is paid through another account, or in another mode."""

from collections.abc import Iterator
from typing import NamedTuple

from services.order.domain.acceptance.request import RequestedItem
from services.order.domain.business_actions import ProductPart
from services.order.domain.fulfilment.product import Product
from shared.contracts import PaymentMode
from shared.errors import Fault


class RequestedPayment(NamedTuple):
    """How an order is to be paid; a part that it does not state is empty."""

    account_id: str = ""
    mode: str = ""


NO_PAYMENT = RequestedPayment()
"""Of an order that states neither."""


def payment_faults(
    item: RequestedItem, product: Product, payment: RequestedPayment
) -> Iterator[Fault]:
    """Name what is wrong with the payment to which an item changes a product."""
    if not item.may_change(ProductPart.PAYMENT):
        return
    account_id, mode = payment
    if not account_id and not mode:
        modes = " or ".join(PaymentMode)
        yield Fault(
            "/billingAccount",
            "payment-missing",
            "the order states neither an account nor a payment mode",
            f"add billingAccount with its id, or paymentMode {modes}",
        )
    elif account_id in {"", product.content.account_id} and mode in {
        "",
        product.content.payment_mode,
    }:
        yield Fault(
            f"{item.field}/product",
            "nothing-changed",
            "the product is paid so already",
            "name another account or payment mode, or leave the item out",
        )
