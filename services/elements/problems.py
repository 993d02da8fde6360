"""Errors of requests, as RFC 9457 problem details."""

from collections.abc import Mapping
from http import HTTPStatus

import msgspec
from starlette.requests import Request
from starlette.responses import Response


class Problem(Exception):  # noqa: N818  RFC 9457's own word
    """The request failed. `code` is stable, the text may change."""

    def __init__(self, status: int, code: str, detail: str, remedy: str = "") -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.remedy = remedy


def invalid(detail: str, remedy: str) -> Problem:
    """Return the problem of an invalid request."""
    return Problem(400, "invalid", detail, remedy)


def problem_response(problem: Problem, members: Mapping[str, str] | None = None) -> Response:
    """Return the response of a problem, with these additional members."""
    body = {
        "type": f"/problems/{problem.code}",
        "title": HTTPStatus(problem.status).phrase,
        "status": problem.status,
        "code": problem.code,
        "detail": problem.detail,
        **({"remedy": problem.remedy} if problem.remedy else {}),
        **(members or {}),
    }
    return Response(
        msgspec.json.encode(body), problem.status, media_type="application/problem+json"
    )


async def answer_problem(_: Request, error: Exception) -> Response:
    """Return the response to a problem that a handler raised."""
    assert isinstance(error, Problem)
    return problem_response(error)


async def answer_not_found(request: Request, _: Exception) -> Response:
    """Return the response to an unknown path."""
    remedy = "see the paths in the documentation of services.elements"
    detail = f"there is nothing at {request.url.path[:200]}"
    return problem_response(Problem(404, "not-found", detail, remedy))


async def answer_wrong_method(request: Request, error: Exception) -> Response:
    """Return the response to a method that the path does not have."""
    allowed = (getattr(error, "headers", None) or {}).get("Allow", "")
    detail = f"{request.method} is not allowed here"
    found = problem_response(Problem(405, "method-not-allowed", detail, f"use {allowed}"))
    found.headers["Allow"] = allowed
    return found


async def answer_unavailable(_: Request, error: Exception) -> Response:
    """Return the response when the journal cannot be written."""
    remedy = "free disk space in KAITONG_STATE, then send the same request again"
    return problem_response(Problem(503, "journal-unavailable", str(error), remedy))


async def answer_client_disconnect(_: Request, __: Exception) -> Response:
    """Return the response when the caller disconnects before the request is complete."""
    return Response(status_code=400)
