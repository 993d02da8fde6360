"""Reads and writes the rows of the order service. Only this package queries the tables."""

from services.order.store import (
    agreements,
    billing,
    blueprints,
    catalogue,
    erasure,
    identities,
    order_lists,
    order_queue,
    orders,
    past_states,
    product_lists,
    products,
    quotes,
    submissions,
)

__all__ = [
    "agreements",
    "billing",
    "blueprints",
    "catalogue",
    "erasure",
    "identities",
    "order_lists",
    "order_queue",
    "orders",
    "past_states",
    "product_lists",
    "products",
    "quotes",
    "submissions",
]
