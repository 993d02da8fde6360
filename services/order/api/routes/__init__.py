"""HTTP routes, one module for each resource.

orders          TMF622 productOrder: placing an order, and its state and history
products        TMF637 product: the installed base
offerings       TMF620 productOffering
specifications  TMF620 productSpecification
quotes          priced orders that are not placed yet
prices          TMF620 productOfferingPrice
agreements      contract prices and values of one customer
catalogue       the publication of specifications and offerings
billing         the reconciliation with billing
blocked_identities  identities whose orders are refused
"""

from services.order.api.routes import (
    agreements,
    billing,
    blocked_identities,
    catalogue,
    offerings,
    orders,
    prices,
    products,
    quotes,
    specifications,
)

ROUTERS = (
    orders.router,
    quotes.router,
    products.router,
    offerings.router,
    specifications.router,
    prices.router,
    catalogue.router,
    agreements.router,
    billing.router,
    blocked_identities.router,
)

__all__ = ["ROUTERS"]
