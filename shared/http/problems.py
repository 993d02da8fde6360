"""Answers to what went wrong: problem+json (RFC 9457), never a bare text.

`type` is `/problems/CODE`; codes are stable, texts may change. `errors` names each
fault with a JSON pointer (or a parameter's name), a code, a message and a remedy.
Values that were sent are never repeated: they may be personal.
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
from sqlalchemy.exc import DataError, DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from starlette.exceptions import HTTPException

from shared.errors import DomainError, Fault, InvalidError, UnavailableError
from shared.http.authorization import MissingScopeError
from shared.http.faults import faults_of
from shared.http.methods import methods_at
from shared.http.visit import visit_of
from shared.security.caller import NoCallerError

log = structlog.get_logger()

MEDIA_TYPE = "application/problem+json"
NOT_ALLOWED = 405
TOO_MUCH = "54"
"""SQLSTATE class: a value or a row is larger than the database can hold."""

KNOWN = {
    404: ("not-found", "There is nothing at this path.", "see /openapi.json for the paths"),
    405: ("method-not-allowed", "This path does not take this method.", "see the header Allow"),
}


@dataclass(frozen=True, slots=True)
class Problem:
    """What went wrong, as the caller is told."""

    status: int
    code: str
    detail: str
    remedy: str = ""
    faults: Sequence[Fault] = ()
    headers: dict[str, str] = field(default_factory=dict)
    left_out: int = 0
    """How many faults there are beside those that are named."""

    def response(self, request_id: str) -> Response:
        """Return the answer to the request of this id."""
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
        body |= {"errors": [entry(each) for each in self.faults]} if self.faults else {}
        body |= {"errors_left_out": self.left_out} if self.left_out else {}
        return body | {"request_id": request_id}


def entry(fault: Fault) -> dict[str, str]:
    """Return a fault as `errors` has it."""
    told = {"field": fault.field, "code": fault.code, "message": fault.reason}
    return told | ({"remedy": fault.remedy} if fault.remedy else {})


def problem_of(error: Exception) -> Problem:  # noqa: PLR0911  a line for each kind of error
    """Return what a caller is told about an error. What nobody foresaw is a 500, and is logged."""
    match error:
        case NoCallerError() | MissingScopeError():
            challenge = {"www-authenticate": error.challenge}
            return Problem(error.status, error.code, error.detail, error.remedy, (), challenge)
        case InvalidError():
            return of_faults(error)
        case DomainError():
            return Problem(error.status, error.code, error.detail, error.remedy)
        case RequestValidationError():
            return problem_of(InvalidError(faults_of(error.errors(), error.body)))
        case HTTPException():
            return of_http(error)
        case UnavailableError():
            seconds = math.ceil(error.retry_after.total_seconds())
            headers = {"retry-after": str(seconds)}
            return Problem(error.status, error.code, error.detail, error.remedy, (), headers)
        case DBAPIError() | PoolTimeoutError():
            return of_database(error)
        case _:
            return unforeseen(error)


def of_faults(error: InvalidError) -> Problem:
    """Return what a caller is told of the faults in what it sent."""
    told = Problem(error.status, error.code, error.detail, error.remedy, error.faults)
    return replace(told, left_out=error.left_out)


def of_http(error: HTTPException) -> Problem:
    """Return what a caller is told when the framework refused."""
    code, detail, remedy = KNOWN.get(
        error.status_code,
        (f"http-{error.status_code}", str(error.detail), "see /openapi.json for what is taken"),
    )
    return Problem(error.status_code, code, detail, remedy, (), dict(error.headers or {}))


def of_database(error: DBAPIError | PoolTimeoutError) -> Problem:
    """Return what a caller is told when the database refused or cannot be reached."""
    state = getattr(getattr(error, "orig", None), "sqlstate", None) or ""
    if isinstance(error, DataError) or state.startswith(TOO_MUCH):
        log.warning("request.not_storable", exc_info=error)
        return Problem(
            400,
            "not-storable",
            "A value is too large, or of a kind that cannot be stored.",
            "send shorter texts and smaller numbers, without NUL characters",
        )
    if isinstance(error, OperationalError | InterfaceError | PoolTimeoutError):
        log.error("database.out", state=state, error=type(error).__name__)
        return problem_of(UnavailableError("The database cannot be reached now."))
    return unforeseen(error)


def unforeseen(error: Exception) -> Problem:
    """Log an error that nobody foresaw, and return what a caller is told."""
    log.error("request.failed", exc_info=error)
    detail = "Something went wrong here that nobody foresaw; it is logged under the request id."
    return Problem(500, "unforeseen", detail, "tell the operator the request id")


async def refuse(request: Request, error: Exception) -> Response:
    """Answer an error that the framework found (its shape of a handler).

    A path that does not take a method says which it takes; asking for that is OPTIONS.
    """
    if isinstance(error, HTTPException) and error.status_code == NOT_ALLOWED:
        allow = ", ".join(methods_at(request.app.routes, request.scope))
        if request.method == "OPTIONS":
            return Response(status_code=204, headers={"allow": allow})
        error = HTTPException(NOT_ALLOWED, headers={"allow": allow})
    return problem_of(error).response(visit_of(request).request_id)
