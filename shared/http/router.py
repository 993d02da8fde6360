"""What every service declares its routes on."""

from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.routing import APIRoute

from shared.http.authorization import ScopeCheck, scope_checks_of
from shared.http.dependencies import inject_dependencies
from shared.http.error_responses import (
    COMMON_STATUSES,
    VALIDATION_PLACEHOLDER,
    ResponseDescriptions,
    error_responses,
)
from shared.http.header import headers_of
from shared.http.json_body import JsonRequest
from shared.http.paths import restore_encoded_slashes
from shared.http.query import QueryParameters, check_query, query_parameters_of

COMMON_RESPONSES: ResponseDescriptions = {
    **error_responses(*COMMON_STATUSES),
    VALIDATION_PLACEHOLDER: {"description": "A refusal."},
}
SECURITY_REQUIREMENT: dict[str, Any] = {"security": [{"token": []}]}

AwaitableHandler = Callable[[Request], Awaitable[Response]]
RouteHandler = Callable[[Request], Coroutine[Any, Any, Response]]


class GuardedRoute(APIRoute):
    """A route that asks first who calls, then reads what it sends by our rules, then answers."""

    scope_checks: tuple[ScopeCheck, ...] = ()
    """Who may call, as the endpoint's parameters say."""

    requires_proven_database = True
    """Whether it waits until the database is known to have all that it has told."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **more: Any) -> None:  # noqa: ANN401
        self.scope_checks = scope_checks_of(endpoint)
        scopes = {"x-scopes": sorted({name for each in self.scope_checks for name in each.scopes})}
        headers = [each.described() for each in headers_of(endpoint)]
        parameters = {"parameters": headers} if headers else {}
        extra = {
            **SECURITY_REQUIREMENT,
            **scopes,
            **parameters,
            **(more.pop("openapi_extra", None) or {}),
        }
        super().__init__(path, inject_dependencies(endpoint), openapi_extra=extra, **more)
        if "{" in path:
            self.responses = {**error_responses(404), **self.responses}
        if self.body_field is not None or "requestBody" in extra:
            self.responses = {**error_responses(415), **self.responses}

    def get_route_handler(self) -> RouteHandler:
        """Return what answers a request."""
        answer = super().get_route_handler()
        names = query_parameters_of(self.dependant)
        reads = self.body_field is not None
        return with_request_checks(
            answer,
            self.scope_checks,
            names,
            reads=reads,
            requires_proven_database=self.requires_proven_database,
        )


class AlwaysAvailableRoute(GuardedRoute):
    """A route that answers whatever database is there."""

    requires_proven_database = False


def with_request_checks(
    answer: AwaitableHandler,
    scope_checks: tuple[ScopeCheck, ...],
    names: QueryParameters,
    *,
    reads: bool,
    requires_proven_database: bool,
) -> RouteHandler:
    """Return `answer`, behind the questions who calls, of which database, and what it sends."""

    async def careful(request: Request) -> Response:
        for each in scope_checks:
            each.check(request)
        if requires_proven_database:
            await request.app.state.batcher.wait_until_proven()
        restore_encoded_slashes(request.scope)
        if request.scope["query_string"]:
            check_query(request.scope["query_string"], request.query_params, names)
        if reads:
            request = JsonRequest(request.scope, request.receive)
            await request.json()
        return await answer(request)

    return careful


class Router(APIRouter):
    """FastAPI's router, with our routes."""

    def __init__(self, *, requires_proven_database: bool = True, **more: Any) -> None:  # noqa: ANN401  handed on
        """Make one.

        Args:
            requires_proven_database: False for what is served while a database is recovered.
            more: handed on to FastAPI.
        """
        route = GuardedRoute if requires_proven_database else AlwaysAvailableRoute
        super().__init__(route_class=route, responses=COMMON_RESPONSES, **more)
