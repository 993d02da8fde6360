"""The HTTP API of the customer service."""

from services.customer.api import customers, grants, parties

ROUTERS = (parties.router, customers.router, grants.router)

__all__ = ["ROUTERS"]
