"""The order service's rows, read and written. The only module that queries the tables."""

from services.order.store import (
    blueprints,
    catalogue,
    erasure,
    order_lists,
    orders,
    product_lists,
    products,
    submissions,
)

__all__ = [
    "blueprints",
    "catalogue",
    "erasure",
    "order_lists",
    "orders",
    "product_lists",
    "products",
    "submissions",
]
