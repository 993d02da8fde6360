"""Numbers and the plant, from rows and to rows. The only modules that query the tables."""

from services.resources.store import questions
from services.resources.store.addresses import address, find_addresses, ids_like
from services.resources.store.assignment import assign, take_seat
from services.resources.store.finding import known_names, search
from services.resources.store.holdings import held_by, look, occupy, write
from services.resources.store.journey import read_for_order
from services.resources.store.levels import breakdown, levels
from services.resources.store.looking import now, see_to_looking
from services.resources.store.numbers import lend, look_up, put, rests, wait_for
from services.resources.store.plant import (
    add_addresses,
    add_exchanges,
    add_pairs,
    add_splitters,
    known_addresses,
    known_exchanges,
    known_splitters,
    networks,
    occupied_exchanges,
    splitters_meeting,
)
from services.resources.store.segments import add_segments, known_grades, reopen, segments_meeting
from services.resources.store.spelling import known_spellings, spelled
from services.resources.store.standing import standing
from services.resources.store.things import (
    Found,
    find_items,
    lend_states,
    look_at_item,
    put_states,
    spelled_values,
)

__all__ = [
    "Found",
    "add_addresses",
    "add_exchanges",
    "add_pairs",
    "add_segments",
    "add_splitters",
    "address",
    "assign",
    "breakdown",
    "find_addresses",
    "find_items",
    "held_by",
    "ids_like",
    "known_addresses",
    "known_exchanges",
    "known_grades",
    "known_names",
    "known_spellings",
    "known_splitters",
    "lend",
    "lend_states",
    "levels",
    "look",
    "look_at_item",
    "look_up",
    "networks",
    "now",
    "occupied_exchanges",
    "occupy",
    "put",
    "put_states",
    "questions",
    "read_for_order",
    "reopen",
    "rests",
    "search",
    "see_to_looking",
    "segments_meeting",
    "spelled",
    "spelled_values",
    "splitters_meeting",
    "standing",
    "take_seat",
    "wait_for",
    "write",
]
