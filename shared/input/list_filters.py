"""Names in the filters of a list, where the service has the complete set of such names.

An empty list says that there is nothing of this name; for a name that does not exist it
would hide a spelling mistake. A filter of free words has no such set, and is not checked.
"""

from collections.abc import Collection, Iterable
from typing import NamedTuple

from shared.errors import Fault, InvalidError


class ListFilter(NamedTuple):
    """One filter of a list."""

    parameter: str
    """As the query calls it."""

    kind: str
    """Of what the name is, in the words of a code: `local-network`."""

    name: str | None
    """What is asked for; empty or None where the filter is left out."""


def check_filter_names(filters: Iterable[ListFilter], known: Collection[str], remedy: str) -> None:
    """See that the names in the filters of a list that is empty are known.

    Raises:
        InvalidError: naming each filter whose name is not.
    """
    faults = [
        Fault(each.parameter, f"unknown-{each.kind}", "is not known here", remedy)
        for each in filters
        if each.name and each.name not in known
    ]
    if faults:
        raise InvalidError(faults)
