"""Reads and writes the rows of the order service. Only this package queries the tables."""

from services.order.store import (
    blueprints,
    catalogue,
    erasure,
    identities,
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
    "identities",
    "order_lists",
    "orders",
    "product_lists",
    "products",
    "submissions",
]
