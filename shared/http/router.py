"""The router of every service: it checks a request before the endpoint runs."""

from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.routing import APIRoute

from shared.http.authorization import ScopeCheck, scope_checks_of
from shared.http.dependencies import inject_dependencies
from shared.http.header import headers_of
from shared.http.json_body import JsonRequest
from shared.http.openapi_error_responses import (
    CATCH_ALL_STATUS,
    COMMON_STATUSES,
    ResponseDescriptions,
    error_responses,
)
from shared.http.path_encoding import restore_encoded_slashes
from shared.http.query import QueryParameters, check_query, query_parameters_of

COMMON_RESPONSES: ResponseDescriptions = {
    **error_responses(*COMMON_STATUSES),
    CATCH_ALL_STATUS: {"description": "A refusal."},
}
SECURITY_REQUIREMENT: dict[str, Any] = {"security": [{"token": []}]}

AwaitableHandler = Callable[[Request], Awaitable[Response]]
RouteHandler = Callable[[Request], Coroutine[Any, Any, Response]]


class GuardedRoute(APIRoute):
    """A route that checks the caller's scopes, then the query and the body by our rules."""

    scope_checks: tuple[ScopeCheck, ...] = ()
    """Who may call, as the endpoint's parameters declare."""

    requires_proven_database = True
    """Whether it waits until the database is proven to have all published messages."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:  # noqa: ANN401
        self.scope_checks = scope_checks_of(endpoint)
        scopes = {"x-scopes": sorted({name for each in self.scope_checks for name in each.scopes})}
        headers = [each.openapi_parameter() for each in headers_of(endpoint)]
        parameters = {"parameters": headers} if headers else {}
        extra = {
            **SECURITY_REQUIREMENT,
            **scopes,
            **parameters,
            **(options.pop("openapi_extra", None) or {}),
        }
        super().__init__(path, inject_dependencies(endpoint), openapi_extra=extra, **options)
        if "{" in path:
            self.responses = {**error_responses(404), **self.responses}
        if self.body_field is not None or "requestBody" in extra:
            self.responses = {**error_responses(415), **self.responses}

    def get_route_handler(self) -> RouteHandler:
        """Return the handler of this route, with the checks before it."""
        return with_request_checks(
            super().get_route_handler(),
            self.scope_checks,
            query_parameters_of(self.dependant),
            has_body=self.body_field is not None,
            requires_proven_database=self.requires_proven_database,
        )


class AlwaysAvailableRoute(GuardedRoute):
    """A route that answers also while the database is unproven."""

    requires_proven_database = False


def with_request_checks(
    handler: AwaitableHandler,
    scope_checks: tuple[ScopeCheck, ...],
    parameters: QueryParameters,
    *,
    has_body: bool,
    requires_proven_database: bool,
) -> RouteHandler:
    """Return `handler` behind the checks of scopes, database, query and body."""

    async def checked(request: Request) -> Response:
        for each in scope_checks:
            each.check(request)
        if requires_proven_database:
            await request.app.state.batcher.wait_until_may_serve()
        restore_encoded_slashes(request.scope)
        if request.scope["query_string"]:
            check_query(request.scope["query_string"], request.query_params, parameters)
        if has_body:
            request = JsonRequest(request.scope, request.receive)
            await request.json()
        return await handler(request)

    return checked


class Router(APIRouter):
    """FastAPI's router, with our routes."""

    def __init__(self, *, requires_proven_database: bool = True, **options: Any) -> None:  # noqa: ANN401  passed on
        """Create a router.

        Args:
            requires_proven_database: False for routes that answer while a database is recovered.
            options: passed on to FastAPI.
        """
        route = GuardedRoute if requires_proven_database else AlwaysAvailableRoute
        super().__init__(route_class=route, responses=COMMON_RESPONSES, **options)
