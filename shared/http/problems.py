"""Error answers: problem+json (RFC 9457), never plain text.

`type` is `/problems/CODE`; codes are stable, texts may change. `errors` names each
fault with a JSON pointer (or a parameter's name), a code, a message and a remedy.
Values of the request are never repeated: they may be personal.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec
import structlog
from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from sqlalchemy.exc import DataError, DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from starlette.exceptions import HTTPException

from shared.errors import DomainError, Fault, InvalidError, UnavailableError
from shared.http.authorization import MissingScopeError
from shared.http.methods import allowed_methods
from shared.http.request_context import request_context_of
from shared.http.validation_faults import faults_of
from shared.persistence.sqlstates import PROGRAM_LIMIT_EXCEEDED, TRANSIENT_ERRORS, sqlstate_of
from shared.security.caller import UnauthenticatedError

log = structlog.get_logger()

MEDIA_TYPE = "application/problem+json"
METHOD_NOT_ALLOWED = 405
HTTP_ERRORS = {
    404: ("not-found", "There is nothing at this path.", "see /openapi.json for the paths"),
    405: ("method-not-allowed", "This path does not take this method.", "see the header Allow"),
}


@dataclass(frozen=True, slots=True)
class Problem:
    """An error, as the caller receives it."""

    status: int
    code: str
    detail: str
    remedy: str = ""
    faults: Sequence[Fault] = ()
    headers: dict[str, str] = field(default_factory=dict)
    omitted: int = 0
    """How many more faults there are than those named."""

    def response(self, request_id: str) -> Response:
        """Return the answer to the request with this id."""
        content = msgspec.json.encode(self._body(request_id))
        return Response(content, self.status, self.headers, MEDIA_TYPE)

    def _body(self, request_id: str) -> dict[str, Any]:
        body: dict[str, Any] = {
            "type": f"/problems/{self.code}",
            "title": self.code.replace("-", " ").capitalize(),
            "status": self.status,
            "code": self.code,
        }
        body |= {"detail": self.detail} if self.detail else {}
        body |= {"remedy": self.remedy} if self.remedy else {}
        body |= {"errors": [error_entry(each) for each in self.faults]} if self.faults else {}
        body |= {"errors_left_out": self.omitted} if self.omitted else {}
        return body | {"request_id": request_id}


def error_entry(fault: Fault) -> dict[str, str]:
    """Return a fault as an entry of `errors`."""
    entry = {"field": fault.field, "code": fault.code, "message": fault.reason}
    return entry | ({"remedy": fault.remedy} if fault.remedy else {})


def problem_of(error: Exception) -> Problem:  # noqa: PLR0911  a line for each kind of error
    """Return the answer to an error. An unexpected error is logged and answered with 500."""
    match error:
        case UnauthenticatedError() | MissingScopeError():
            challenge = {"www-authenticate": error.challenge}
            return Problem(error.status, error.code, error.detail, error.remedy, (), challenge)
        case InvalidError():
            return problem_of_faults(error)
        case DomainError():
            return Problem(error.status, error.code, error.detail, error.remedy)
        case RequestValidationError():
            return problem_of(InvalidError(faults_of(error.errors(), error.body)))
        case HTTPException():
            return problem_of_http_error(error)
        case UnavailableError():
            seconds = math.ceil(error.retry_after.total_seconds())
            headers = {"retry-after": str(seconds)}
            return Problem(error.status, error.code, error.detail, error.remedy, (), headers)
        case DBAPIError() | PoolTimeoutError():
            return problem_of_database_error(error)
        case _:
            return problem_of_unexpected_error(error)


def problem_of_faults(error: InvalidError) -> Problem:
    """Return the answer to a request with faults."""
    problem = Problem(error.status, error.code, error.detail, error.remedy, error.faults)
    return replace(problem, omitted=error.omitted)


def problem_of_http_error(error: HTTPException) -> Problem:
    """Return the answer to a request that the framework refused."""
    code, detail, remedy = HTTP_ERRORS.get(
        error.status_code,
        (f"http-{error.status_code}", str(error.detail), "see /openapi.json for what is accepted"),
    )
    return Problem(error.status_code, code, detail, remedy, (), dict(error.headers or {}))


def problem_of_database_error(error: DBAPIError | PoolTimeoutError) -> Problem:
    """Return the answer when the database refused a value or cannot be reached."""
    state = sqlstate_of(error)
    if isinstance(error, DataError) or state.startswith(PROGRAM_LIMIT_EXCEEDED):
        log.warning("request.not_storable", exc_info=error)
        return Problem(
            400,
            "not-storable",
            "A value is too large, or of a kind that cannot be stored.",
            "send shorter texts and smaller numbers, without NUL characters",
        )
    if isinstance(error, TRANSIENT_ERRORS):
        log.error("database.out", state=state, error=type(error).__name__)
        return problem_of(UnavailableError("The database cannot be reached now."))
    return problem_of_unexpected_error(error)


def problem_of_unexpected_error(error: Exception) -> Problem:
    """Log an unexpected error, and return the answer."""
    log.error("request.failed", exc_info=error)
    detail = "An unexpected error occurred; it is logged under the request id."
    return Problem(500, "unforeseen", detail, "give the operator the request id")


async def handle_framework_error(request: Request, error: Exception) -> Response:
    """Answer an error that the framework raised (FastAPI's handler interface).

    A 405 names the allowed methods; OPTIONS is answered with 204 and the same header.
    """
    if isinstance(error, HTTPException) and error.status_code == METHOD_NOT_ALLOWED:
        allow = ", ".join(allowed_methods(request.app.routes, request.scope))
        if request.method == "OPTIONS":
            return Response(status_code=204, headers={"allow": allow})
        error = HTTPException(METHOD_NOT_ALLOWED, headers={"allow": allow})
    return problem_of(error).response(request_context_of(request).request_id)
