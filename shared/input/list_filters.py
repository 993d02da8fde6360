"""Checks the names in list filters for which the service has the complete set of names.

An empty list means that nothing has this name; for a name that does not exist it would
hide a spelling mistake. A filter by free text has no such set, and is not checked.
"""

from collections.abc import Collection, Iterable
from typing import NamedTuple

from shared.errors import Fault, InvalidError


class ListFilter(NamedTuple):
    """One filter of a list."""

    parameter: str
    """Its name in the query."""

    kind: str
    """The kind of name, as in a problem code: `local-network`."""

    name: str | None
    """The value of the filter; empty or None if it is left out."""


def check_filter_names(filters: Iterable[ListFilter], known: Collection[str], remedy: str) -> None:
    """Check that the names in the filters of an empty list are known.

    Raises:
        InvalidError: naming each filter whose name is unknown.
    """
    faults = [
        Fault(each.parameter, f"unknown-{each.kind}", "is not known here", remedy)
        for each in filters
        if each.name and each.name not in known
    ]
    if faults:
        raise InvalidError(faults)
