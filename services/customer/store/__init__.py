"""What is known of customers, from rows and to rows. The only modules that query the tables."""

from services.customer.store import contested
from services.customer.store.facts import (
    add_assignments,
    add_endings,
    add_orders,
    add_stop,
    end_products,
    end_services,
    keep_products,
    keep_services,
)
from services.customer.store.known import known
from services.customer.store.parties import (
    accounts_of,
    by_name,
    by_phone,
    get_party,
    own_identity_number,
    owners_of,
    party,
    recognised,
    unknown_account,
    unknown_customer,
)
from services.customer.store.tellings import (
    erase,
    keep_accounts,
    keep_tellings,
    told_by_clients,
    unknown_accounts,
)

__all__ = [
    "accounts_of",
    "add_assignments",
    "add_endings",
    "add_orders",
    "add_stop",
    "by_name",
    "by_phone",
    "contested",
    "end_products",
    "end_services",
    "erase",
    "get_party",
    "keep_accounts",
    "keep_products",
    "keep_services",
    "keep_tellings",
    "known",
    "own_identity_number",
    "owners_of",
    "party",
    "recognised",
    "told_by_clients",
    "unknown_account",
    "unknown_accounts",
    "unknown_customer",
]
