"""HTTP routes, one module for each resource.

parties             TMF632 individual and organization
accounts            TMF666 partyAccount
customers           the search for customers
unified_views       all that is known of one customer
erasures            the erasure of personal data
contested_accounts  accounts that orders of more than one customer name, and their settlement
grants              what clients share with each other
"""

from services.customer.api.routes import (
    accounts,
    contested_accounts,
    customers,
    erasures,
    grants,
    parties,
    unified_views,
)

ROUTERS = (
    parties.router,
    accounts.router,
    customers.router,
    unified_views.router,
    erasures.router,
    contested_accounts.router,
    grants.router,
)

__all__ = ["ROUTERS"]
