"""What is known of customers, from rows and to rows. The only modules that query the tables."""

from services.customer.store.facts import (
    add_assignments,
    add_endings,
    add_orders,
    add_stop,
    end_products,
    end_services,
    keep_accounts,
    keep_parties,
    keep_products,
    keep_services,
)
from services.customer.store.known import known
from services.customer.store.parties import (
    account,
    accounts_of,
    by_name,
    by_phone,
    erase,
    get_party,
    has_ordered,
    party,
    recognised,
    unknown_account,
    unknown_customer,
)

__all__ = [
    "account",
    "accounts_of",
    "add_assignments",
    "add_endings",
    "add_orders",
    "add_stop",
    "by_name",
    "by_phone",
    "end_products",
    "end_services",
    "erase",
    "get_party",
    "has_ordered",
    "keep_accounts",
    "keep_parties",
    "keep_products",
    "keep_services",
    "known",
    "party",
    "recognised",
    "unknown_account",
    "unknown_customer",
]
