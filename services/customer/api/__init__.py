"""The HTTP API of the customer service."""

from services.customer.api.routes import contested_accounts, customers, grants, parties

ROUTERS = (parties.router, customers.router, contested_accounts.router, grants.router)

__all__ = ["ROUTERS"]
