"""The query of a URL: every parameter is one that the endpoint knows, and comes once.

A filter that is misspelt and passed over answers with everything, which looks like an
answer; of two values for one filter only one would count, and nobody could say which.
"""

from collections import Counter
from collections.abc import Iterator

from fastapi.dependencies.models import Dependant
from fastapi.dependencies.utils import get_flat_params
from fastapi.params import ParamTypes
from starlette.datastructures import QueryParams

from shared.errors import Fault, InvalidError
from shared.http.faults import LONGEST, MOST


def names_in(dependant: Dependant) -> frozenset[str]:
    """Return the names of the parameters that an endpoint takes from a query."""
    return frozenset(
        each.alias
        for each in get_flat_params(dependant)
        # The fields of a model do not say where they come from.
        if getattr(each.field_info, "in_", ParamTypes.query) is ParamTypes.query
    )


def check_query(query: QueryParams, names: frozenset[str]) -> None:
    """Check the names in a query.

    Raises:
        InvalidError: some are unknown, or come more than once; all of them are named.
    """
    if faults := list(faults_in(query, names))[:MOST]:
        raise InvalidError(faults)


def faults_in(query: QueryParams, names: frozenset[str]) -> Iterator[Fault]:
    """Yield a fault for each name that is unknown or comes more than once."""
    known = f"choose from {', '.join(sorted(names))}" if names else "leave it out"
    for name, times in Counter(name for name, _ in query.multi_items()).items():
        if name not in names:
            yield Fault(name[:LONGEST], "unknown-parameter", "is no parameter here", known)
        elif times > 1:
            yield Fault(name, "repeated", "comes more than once", "give it once")
