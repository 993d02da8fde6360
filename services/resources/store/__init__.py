"""The store of numbers and plant. The only modules that query the tables."""

from services.resources.store import kinds, reservation_reviews
from services.resources.store.addresses import find_address, find_addresses, known_address_spellings
from services.resources.store.allocation_context import read_context_locking_holdings
from services.resources.store.holdings import (
    get_holdings,
    get_holdings_for_update,
    occupy,
    save_changes,
)
from services.resources.store.items import (
    add_blocks,
    add_items,
    change_items,
    known_items_for_update,
)
from services.resources.store.number_search import existing_exchange_and_network, search_numbers
from services.resources.store.numbers import (
    find_number,
    find_number_for_update,
    get_numbers_skip_locked,
    put_numbers,
    quarantine_days_of_segments,
)
from services.resources.store.plant import (
    exchanges_of_splitters,
    known_addresses,
    known_exchanges,
    known_splitters,
    local_networks,
    occupied_exchanges,
    possibly_conflicting_splitters,
    regions,
    upsert_addresses,
    upsert_exchanges,
    upsert_splitters,
)
from services.resources.store.plant_names import canonical_plant_name, known_spellings
from services.resources.store.pool_items import (
    canonical_values,
    find_pool_item,
    find_pool_items,
    get_items_skip_locked,
    get_states_for_update,
    put_states,
    update_item_states,
)
from services.resources.store.pool_levels import find_pool_breakdown, find_pool_levels
from services.resources.store.resource_status import get_statuses_for_update
from services.resources.store.segments import (
    change_number_states,
    known_grades,
    possibly_conflicting_segments,
    upsert_segments,
)
from services.resources.store.stock import lock_stock, take_assignment_lock

__all__ = [
    "add_blocks",
    "add_items",
    "canonical_plant_name",
    "canonical_values",
    "change_items",
    "change_number_states",
    "exchanges_of_splitters",
    "existing_exchange_and_network",
    "find_address",
    "find_addresses",
    "find_number",
    "find_number_for_update",
    "find_pool_breakdown",
    "find_pool_item",
    "find_pool_items",
    "find_pool_levels",
    "get_holdings",
    "get_holdings_for_update",
    "get_items_skip_locked",
    "get_numbers_skip_locked",
    "get_states_for_update",
    "get_statuses_for_update",
    "kinds",
    "known_address_spellings",
    "known_addresses",
    "known_exchanges",
    "known_grades",
    "known_items_for_update",
    "known_spellings",
    "known_splitters",
    "local_networks",
    "lock_stock",
    "occupied_exchanges",
    "occupy",
    "possibly_conflicting_segments",
    "possibly_conflicting_splitters",
    "put_numbers",
    "put_states",
    "quarantine_days_of_segments",
    "read_context_locking_holdings",
    "regions",
    "reservation_reviews",
    "save_changes",
    "search_numbers",
    "take_assignment_lock",
    "update_item_states",
    "upsert_addresses",
    "upsert_exchanges",
    "upsert_segments",
    "upsert_splitters",
]
