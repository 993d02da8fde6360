"""How a route says no, as its description has it: by the status, never by a range of them.

A range would also describe a status that no route is meant to answer with.
"""

from typing import Any, TypeAlias

Responses: TypeAlias = dict[int | str, dict[str, Any]]

PROBLEM = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}

MEANING = {
    400: "What was sent is not taken: every fault, and what to do.",
    401: "There is no token, or one that does not count.",
    403: "The token does not allow this.",
    404: "There is no such thing, or not for this caller.",
    408: "The body was not there in time.",
    409: "It is not in a state that allows this now.",
    413: "The body is larger than is taken.",
    415: "The body is not said to be JSON in UTF-8.",
    422: "It contradicts itself, the token or an earlier request, or is too large to be stored.",
    429: "The client asks too often, or too many of its bodies are on their way.",
    431: "The request's head is larger than is taken.",
    503: "Something we stand on is out; ask again.",
}

EVERYWHERE = (400, 401, 403, 408, 413, 429, 431, 503)
"""What every route that wants a token may answer: all look at head, token, query and body."""

UNDESCRIBED = "4XX"
"""Keeps FastAPI from describing its own answer to what is not valid; no description has it."""


def refusals(*statuses: int) -> Responses:
    """Return how refusals with these statuses are described, for `responses` of a route."""
    return {each: {"description": MEANING[each], "content": PROBLEM} for each in statuses}


def describe_refusals(paths: dict[str, Any]) -> None:
    """Leave in the description of each operation the statuses that it answers with."""
    for operations in paths.values():
        for operation in operations.values():
            said = operation["responses"]
            said.pop(UNDESCRIBED, None)
            operation["responses"] = {each: said[each] for each in sorted(said)}
