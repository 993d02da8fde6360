"""The error responses in the OpenAPI description of a route: by status, never by a range.

A range would also describe a status that no route answers with.
"""

from typing import Any, TypeAlias

ResponseDescriptions: TypeAlias = dict[int | str, dict[str, Any]]
"""Descriptions of the answers, by status."""

PROBLEM_CONTENT = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}

STATUS_DESCRIPTIONS = {
    400: "The request is not valid: every fault, with its remedy.",
    401: "There is no token, or it is not valid.",
    403: "The token does not allow this.",
    404: "It does not exist, or not for this caller.",
    408: "The body did not arrive in time.",
    409: "Its current state does not allow this.",
    413: "The body is too large.",
    415: "The Content-Type is not JSON in UTF-8.",
    422: "It contradicts itself, the token or an earlier request, or is too large to be stored.",
    429: "The client sends too many requests, or too many of its bodies are incomplete.",
    431: "The request's headers and URL are too large.",
    503: "A dependency is out; retry.",
}

COMMON_STATUSES = (400, 401, 403, 408, 413, 429, 431, 503)
"""The errors of every route that requires a token: all check head, token, query and body."""

CATCH_ALL_STATUS = "4XX"
"""Keeps FastAPI from adding its own 422 response; removed from every description."""


def error_responses(*statuses: int) -> ResponseDescriptions:
    """Return the descriptions of these error statuses, for `responses` of a route."""
    return {
        each: {"description": STATUS_DESCRIPTIONS[each], "content": PROBLEM_CONTENT}
        for each in statuses
    }


def remove_catch_all_responses(paths: dict[str, Any]) -> None:
    """Reduce the responses of each operation to the statuses that it answers with, sorted."""
    for operations in paths.values():
        for operation in operations.values():
            responses = operation["responses"]
            responses.pop(CATCH_ALL_STATUS, None)
            operation["responses"] = {each: responses[each] for each in sorted(responses)}
