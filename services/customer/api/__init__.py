"""The HTTP API of the customer service."""

from services.customer.api import contested, customers, grants, parties

ROUTERS = (parties.router, customers.router, contested.router, grants.router)

__all__ = ["ROUTERS"]
