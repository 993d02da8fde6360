"""The messages that the order service publishes about the progress and the end of an order."""

from collections.abc import Iterable

from services.order.domain.fulfilment.product import Product, ProductStatus
from services.order.domain.fulfilment.progress import (
    FulfilmentMessage,
    Progress,
    ProgressUpdate,
)
from services.order.domain.order import Order
from shared.contracts import (
    HeldProduct,
    OrderCompleted,
    OrderedItem,
    OrderFailed,
    OrderRejected,
    OrderStateChanged,
    PublishedItemState,
    RefusalCode,
    ServiceHeld,
)


def state_messages(
    update: ProgressUpdate, cause: FulfilmentMessage
) -> tuple[OrderStateChanged, ...]:
    """Return the message that the state of an order or of an item has changed, if one has.

    An end that has a message of its own (completed, failed, rejected) is not published so.
    """
    return (state_message(update.progress, cause),) if update.changes else ()


def state_message(progress: Progress, cause: FulfilmentMessage | None = None) -> OrderStateChanged:
    """Return the message that an order and its items have these states from now on."""
    return OrderStateChanged(
        order_id=progress.order_id,
        customer_id=progress.party_id,
        state=progress.state,
        items=tuple(PublishedItemState(id=each.id, state=each.state) for each in progress.items),
        code=progress.code,
        reason=progress.reason,
        step=cause.step if isinstance(cause, ServiceHeld) else "",
    )


def completed_message(order: Order, products: Iterable[Product]) -> OrderCompleted:
    """Return the message that an order is completed."""
    by_id = {product.id: product for product in products}
    return OrderCompleted(
        order_id=order.id,
        customer_id=order.party_id,
        products=tuple(
            product_at_completion(item.ordered, by_id.get(item.ordered.product_id))
            for item in order.items
        ),
    )


def product_at_completion(ordered: OrderedItem, product: Product | None) -> HeldProduct:
    """Return a product of an order at its completion; one that has ended costs nothing more."""
    is_left = product and product.status is not ProductStatus.TERMINATED
    return HeldProduct(
        item_id=ordered.id,
        action=ordered.action,
        business_action=ordered.business_action,
        product_id=ordered.product_id,
        service_id=ordered.service_id,
        offering_id=ordered.offering_id,
        name=ordered.offering_name,
        number=product.number if product else "",
        monthly_cents=product.content.monthly_cents if product and is_left else 0,
        client=product.client if product else "",
        suspended_for=product.suspended_for if product and is_left else (),
    )


def rejected_message(order: Order, progress: Progress) -> OrderRejected:
    """Return the message that an order could never be fulfilled."""
    return OrderRejected(
        order_id=order.id,
        customer_id=order.party_id,
        code=RefusalCode(progress.code),
        reason=progress.reason,
    )


def failed_message(order: Order, progress: Progress) -> OrderFailed:
    """Return the message that an order will not be fulfilled."""
    return OrderFailed(
        order_id=order.id,
        customer_id=order.party_id,
        code=progress.code,
        reason=progress.reason,
    )
