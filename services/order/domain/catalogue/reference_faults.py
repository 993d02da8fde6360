"""Faults of ids in the catalogue, and of references to what does not exist."""

from collections.abc import Iterator

from shared.errors import Fault
from shared.input.ids import IDENTIFIER_IN_WORDS, is_identifier

PRICE_ID_SEPARATOR = ":"
"""Separates the id of an offering from the id of its price."""

UNIQUE_REMEDY = "give each its own"


def identifier_faults(at: str, id_: str) -> Iterator[Fault]:
    """Name what is wrong with the id of an entry or of a part of one."""
    if not is_identifier(id_) or PRICE_ID_SEPARATOR in id_:
        remedy = f"{IDENTIFIER_IN_WORDS}; no colon, which stands before the id of a price"
        yield Fault(at, "id-malformed", "the id has not the right form", remedy)


def dangling_reference_fault(at: str, reason: str) -> Fault:
    """Return the fault for a reference to something that does not exist."""
    return Fault(at, "dangling", reason, "name one that exists, or publish it together with this")
