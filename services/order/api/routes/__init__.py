"""HTTP routes, one module for each resource.

orders          TMF622 productOrder: placing an order, and its state and history
products        TMF637 product: the installed base
offerings       TMF620 productOffering
specifications  TMF620 productSpecification
prices          TMF620 productOfferingPrice
catalogue       the publication of specifications and offerings
blocked_identities  identities whose orders are refused
"""

from services.order.api.routes import (
    blocked_identities,
    catalogue,
    offerings,
    orders,
    prices,
    products,
    specifications,
)

ROUTERS = (
    orders.router,
    products.router,
    offerings.router,
    specifications.router,
    prices.router,
    catalogue.router,
    blocked_identities.router,
)

__all__ = ["ROUTERS"]
