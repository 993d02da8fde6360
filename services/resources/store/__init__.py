"""The store of numbers and plant. The only modules that query the tables."""

from services.resources.store import reservation_reviews
from services.resources.store.addresses import address_ids_like, find_address, find_addresses
from services.resources.store.allocation_context import read_context
from services.resources.store.holdings import (
    get_holdings,
    get_holdings_for_update,
    occupy,
    save_changes,
)
from services.resources.store.number_search import known_plant_names, search_numbers
from services.resources.store.numbers import (
    find_number,
    find_number_for_update,
    get_numbers_skip_locked,
    put_numbers,
    quarantine_periods,
)
from services.resources.store.plant import (
    add_addresses,
    add_block_items,
    add_exchanges,
    add_splitters,
    known_addresses,
    known_exchanges,
    known_splitters,
    local_networks,
    occupied_exchanges,
    overlapping_splitters,
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
    add_segments,
    change_number_states,
    known_grades,
    overlapping_segments,
)
from services.resources.store.stock import lock_stock, take_assignment_lock

__all__ = [
    "add_addresses",
    "add_block_items",
    "add_exchanges",
    "add_segments",
    "add_splitters",
    "address_ids_like",
    "canonical_plant_name",
    "canonical_values",
    "change_number_states",
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
    "known_addresses",
    "known_exchanges",
    "known_grades",
    "known_plant_names",
    "known_spellings",
    "known_splitters",
    "local_networks",
    "lock_stock",
    "occupied_exchanges",
    "occupy",
    "overlapping_segments",
    "overlapping_splitters",
    "put_numbers",
    "put_states",
    "quarantine_periods",
    "read_context",
    "reservation_reviews",
    "save_changes",
    "search_numbers",
    "take_assignment_lock",
    "update_item_states",
]
