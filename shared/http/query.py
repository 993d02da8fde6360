"""Checks the query of a URL: every parameter is known, and repeated only where that is allowed.

If a misspelt filter were ignored, the answer would be the unfiltered list; of two values
for a filter that takes one, only one would count. A parameter that is described as an
array may be repeated.
"""

import re
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple, get_args, get_origin

from fastapi.dependencies.models import Dependant
from fastapi.dependencies.utils import get_flat_params
from fastapi.params import ParamTypes
from starlette.datastructures import QueryParams

from shared.errors import Fault, InvalidError
from shared.http.validation_faults import MAX_FAULTS, MAX_NAME_LENGTH

BARE_PLUS = re.compile(
    rb"\+\d[^&]*|[^&]*\d{2}(?::|%3A)\d{2}[\d:.%A]*\+\d{2}(?::|%3A)?\d{2}", re.IGNORECASE
)
"""A value with a bare plus where a plus is meant: an E.164 number, or a time with its offset.

In a query a bare plus encodes a space, so the value would differ from what the caller sees.
"""


class QueryParameters(NamedTuple):
    """The parameters that an endpoint takes from a query."""

    allowed: frozenset[str]
    repeatable: frozenset[str]
    """Those that may be repeated."""


def query_parameters_of(dependant: Dependant) -> QueryParameters:
    """Return the names of the parameters that an endpoint takes from a query."""
    fields = [
        each
        for each in get_flat_params(dependant)
        # The fields of a model do not name their source.
        if getattr(each.field_info, "in_", ParamTypes.query) is ParamTypes.query
    ]
    repeatable = (each.alias for each in fields if is_repeatable(each.field_info.annotation))
    return QueryParameters(frozenset(each.alias for each in fields), frozenset(repeatable))


def is_repeatable(annotation: object) -> bool:
    """Tell whether a parameter of this type takes several values."""
    origin = get_origin(annotation) or annotation
    if isinstance(origin, type) and issubclass(origin, list | set | frozenset | tuple):
        return True
    return any(is_repeatable(each) for each in get_args(annotation))


def check_query(raw: bytes, query: QueryParams, names: QueryParameters) -> None:
    """Check the parameters of a query, and that no value holds a bare plus.

    Raises:
        InvalidError: some are unknown, repeated, or hold such a plus; all are named.
    """
    faults = [*parameter_faults(query, names), *bare_plus_faults(raw)]
    if faults:
        raise InvalidError(faults[:MAX_FAULTS])


def parameter_faults(query: QueryParams, names: QueryParameters) -> Iterator[Fault]:
    """Yield a fault for each name that is unknown or wrongly repeated."""
    remedy = f"choose from {', '.join(sorted(names.allowed))}" if names.allowed else "leave it out"
    for name, times in Counter(name for name, _ in query.multi_items()).items():
        if name not in names.allowed:
            yield Fault(
                name[:MAX_NAME_LENGTH],
                "unknown-parameter",
                "is no parameter of this operation",
                remedy,
            )
        elif times > 1 and name not in names.repeatable:
            yield Fault(name, "repeated", "comes more than once", "give it once")


def bare_plus_faults(raw: bytes) -> Iterator[Fault]:
    """Yield a fault for each value that holds a bare plus where a plus is meant."""
    if b"+" not in raw:
        return
    for pair in raw.split(b"&"):
        name, _, value = pair.partition(b"=")
        if BARE_PLUS.fullmatch(value):
            reason = "holds a bare +, which encodes a space in a URL"
            remedy = "write the plus as %2B, or the space as %20"
            yield Fault(
                name.decode("ascii", "replace")[:MAX_NAME_LENGTH], "bare-plus", reason, remedy
            )
