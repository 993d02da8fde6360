"""Reads and writes the rows of the order service. Only this package queries the tables."""

from services.order.store import (
    billing,
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
    "billing",
    "blueprints",
    "catalogue",
    "erasure",
    "order_lists",
    "orders",
    "product_lists",
    "products",
    "submissions",
]
