"""Reads and writes the rows of the customer service. Only this package queries the tables."""

from services.customer.store import contested_accounts
from services.customer.store.orders_and_products import (
    add_assignments,
    add_hold_event,
    add_order_outcomes,
    add_orders,
    end_products,
    end_services,
    find_final_states,
    find_orders,
    replace_terms,
    upsert_products,
    upsert_published_states,
    upsert_services,
)
from services.customer.store.parties import (
    find_account_ids,
    find_account_owners,
    find_by_name,
    find_by_phone,
    find_erased_by_mark,
    find_party,
    find_party_for_update,
    identity_number_reported_by_client,
)
from services.customer.store.source_records import (
    add_accounts,
    erase_party,
    find_source_records,
    find_unknown_accounts,
    merge_source_records,
)
from services.customer.store.unified_view import get_customer_facts

__all__ = [
    "add_accounts",
    "add_assignments",
    "add_hold_event",
    "add_order_outcomes",
    "add_orders",
    "contested_accounts",
    "end_products",
    "end_services",
    "erase_party",
    "find_account_ids",
    "find_account_owners",
    "find_by_name",
    "find_by_phone",
    "find_erased_by_mark",
    "find_final_states",
    "find_orders",
    "find_party",
    "find_party_for_update",
    "find_source_records",
    "find_unknown_accounts",
    "get_customer_facts",
    "identity_number_reported_by_client",
    "merge_source_records",
    "replace_terms",
    "upsert_products",
    "upsert_published_states",
    "upsert_services",
]
