"""Messages that the order service schedules for itself. No other service consumes them."""

from shared.contracts import OrderMessage, private


@private("order.products_free", 1)
class ProductsFree(OrderMessage, frozen=True, kw_only=True):
    """The products of an order that has waited are locked for it: it starts, or is rejected."""
