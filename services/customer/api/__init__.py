"""The HTTP API of the customer service."""

from services.customer.api import customers, parties

ROUTERS = (parties.router, customers.router)

__all__ = ["ROUTERS"]
