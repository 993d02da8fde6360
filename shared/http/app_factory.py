"""Creates the HTTP API of a service: middleware, routes, health, OpenAPI description."""

from collections.abc import Iterable
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.telemetry import TelemetryConfig
from sqlalchemy.orm import sessionmaker
from starlette.exceptions import HTTPException

from shared.config.settings import Settings
from shared.errors import StartError
from shared.health.monitor import Monitor
from shared.http.authorization import check_route_scopes
from shared.http.command_batcher import CommandBatcher
from shared.http.health import add_health
from shared.http.html_pages import add_html_pages
from shared.http.middleware import Middleware
from shared.http.openapi_error_responses import remove_catch_all_responses
from shared.http.problems import handle_framework_error
from shared.http.router import GuardedRoute
from shared.persistence.database import Sessions
from shared.security.roles import ROLES, read_roles
from shared.security.tokens import ExpectedClaims, TokenVerifier
from shared.version import VERSION

NO_TELEMETRY: TelemetryConfig = {"tracing": False, "metrics": False, "logs": False}
"""FastAPI's check for telemetry costs 5 microseconds a request."""

COMMON_DESCRIPTION = """\
Every operation requires a bearer token; its scopes are listed with it.

Every GET also answers HEAD; OPTIONS and every 405 name a path's methods in Allow. Errors are
answered as application/problem+json with a stable code and a remedy.

Lists are paged: 200 for the last page, 206 when more follows, with the number of entries on the
page in X-Result-Count and, where it is known, of all entries in X-Total-Count. The header Link
(rel="next") leads to the next page. Paging by it shows every entry that is not removed exactly
once, also while others are added; paging by `offset` repeats entries of a list that grows."""

SERVERS = [{"url": "/", "description": "The server of this description."}]

TEXT_SCHEMA = {"type": "string"}
COUNT_HEADER = {"schema": {"type": "integer", "minimum": 0}}
LAST_PAGE_HEADERS = {
    "X-Result-Count": {"description": "How many entries are on the page.", **COUNT_HEADER},
    "X-Total-Count": {
        "description": "How many entries there are, where that is known.",
        **COUNT_HEADER,
    },
}
PAGE_HEADERS = {
    **LAST_PAGE_HEADERS,
    "Link": {"description": 'The next page, `rel="next"` (RFC 8288).', "schema": TEXT_SCHEMA},
}
TOKEN_SCHEME = {
    "type": "http",
    "scheme": "bearer",
    "bearerFormat": "JWT",
    "description": "An access token (RFC 9068); each operation lists its scopes: x-scopes.",
}
PROBLEM_SCHEMA = {
    "title": "Problem",
    "description": "An error (RFC 9457).",
    "type": "object",
    "required": ["type", "title", "status", "code", "request_id"],
    "properties": {
        "type": {**TEXT_SCHEMA, "description": "/problems/CODE"},
        "title": TEXT_SCHEMA,
        "status": {"type": "integer"},
        "code": {**TEXT_SCHEMA, "description": "Stable, for programs."},
        "detail": TEXT_SCHEMA,
        "remedy": {**TEXT_SCHEMA, "description": "What the caller can do."},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "code", "message"],
                "properties": {
                    "field": {**TEXT_SCHEMA, "description": "JSON pointer, or a parameter's name."},
                    "code": TEXT_SCHEMA,
                    "message": TEXT_SCHEMA,
                    "remedy": TEXT_SCHEMA,
                },
            },
        },
        "errors_left_out": {
            "type": "integer",
            "description": "How many more faults there are than those named; left out for none.",
        },
        "request_id": {**TEXT_SCHEMA, "description": "The same as in X-Request-Id."},
    },
    "examples": [
        {
            "type": "/problems/invalid",
            "title": "Invalid",
            "status": 400,
            "code": "invalid",
            "detail": "/productOrderItem/0/action: should be 'add', 'modify' or 'delete'",
            "errors": [
                {
                    "field": "/productOrderItem/0/action",
                    "code": "enum",
                    "message": "should be 'add', 'modify' or 'delete'",
                    "remedy": "give 'add', 'modify' or 'delete'",
                }
            ],
            "request_id": "0199a0c2-1111-7222-8333-123456789012",
        }
    ],
}


class WrongRouterError(StartError):
    """A route would validate its body by the framework's rules instead of ours."""


class Api(FastAPI):
    """FastAPI with our pages and error answers in the OpenAPI description."""

    def openapi(self) -> dict[str, Any]:
        """Return the description of the API."""
        if not self.openapi_schema:
            describe_page_responses(super().openapi()["paths"])
            remove_catch_all_responses(super().openapi()["paths"])
            components = super().openapi().setdefault("components", {})
            components.setdefault("schemas", {})["Problem"] = PROBLEM_SCHEMA
            components["securitySchemes"] = {"token": TOKEN_SCHEME}
        return super().openapi()


def describe_page_responses(paths: dict[str, Any]) -> None:
    """Describe the answers of every list: 200 for its last page, 206 for the others."""
    for operations in paths.values():
        operation = operations.get("get", {})
        names = {each["name"] for each in operation.get("parameters", ())}
        if {"offset", "after"} <= names:
            last = operation["responses"]["200"]
            last |= {"description": "The last page.", "headers": LAST_PAGE_HEADERS}
            page = {"description": "A page that is not the last.", "headers": PAGE_HEADERS}
            operation["responses"]["206"] = {**last, **page}


def create_app(  # noqa: PLR0913, PLR0917  each is another dependency
    title: str,
    routers: Iterable[APIRouter],
    batcher: CommandBatcher,
    sessions: Sessions,
    settings: Settings,
    monitor: Monitor | None = None,
    description: str = "",
) -> FastAPI:
    """Return the complete HTTP API of a service.

    Args:
        title: the service's name.
        routers: made with shared.http.Router.
        batcher: executes the commands.
        sessions: of the service's database.
        settings: of the process.
        monitor: of the process; the default monitors its database only.
        description: the purpose of the service, in a sentence or two.

    Raises:
        KeysError: there are no keys to verify tokens with.
        RolesError: the file of roles is not valid.
        RouteWithoutScopeError: a route does not declare its scopes.
        WrongRouterError: a route was not declared on our Router.
    """
    api = Api(
        title=f"Kaitong: {title}",
        version=VERSION,
        description=f"{description}\n\n{COMMON_DESCRIPTION}".strip(),
        servers=SERVERS,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        telemetry=NO_TELEMETRY,
    )
    api.state.batcher = batcher
    api.state.settings = settings
    api.state.read_sessions = read_only_sessions(sessions)
    for router in routers:
        add_routes(api, router)
    add_health(api, monitor or Monitor(settings, sessions))
    add_html_pages(api)
    check_route_scopes(api)
    api.add_exception_handler(HTTPException, handle_framework_error)
    api.add_exception_handler(RequestValidationError, handle_framework_error)
    expected = ExpectedClaims(settings.auth_issuer, settings.auth_audience)
    roles = read_roles(settings.roles) if settings.roles else ROLES
    tokens = TokenVerifier(settings.auth_keys, expected, roles=roles)
    api.add_middleware(Middleware, tokens=tokens, settings=settings)
    return api


def add_routes(api: FastAPI, router: APIRouter) -> None:
    """Add a router's routes unchanged.

    FastAPI's own include_router would look up every route twice for each request.
    """
    unguarded = [route for route in router.routes if not isinstance(route, GuardedRoute)]
    if unguarded:
        paths = ", ".join(str(getattr(route, "path", route)) for route in unguarded)
        msg = f"{paths}: declare these routes on shared.http.Router, which validates bodies"
        raise WrongRouterError(msg)
    api.router.routes.extend(router.routes)


def read_only_sessions(sessions: Sessions) -> Sessions:
    """Return a factory of read-only sessions, each on one snapshot of the database."""
    bind = sessions.kw["bind"].execution_options(
        isolation_level="REPEATABLE READ", postgresql_readonly=True
    )
    return sessionmaker(**{**sessions.kw, "bind": bind, "autoflush": False})
