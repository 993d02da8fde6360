"""Who may call what.

Every route says which scope it takes; a route that says nothing keeps the process
from starting. Who calls is read from a token (tokens.py) before anything else of a
request is looked at.
"""

from collections.abc import Callable, Iterable
from typing import Any

from fastapi import Depends, FastAPI, Request
from starlette.routing import BaseRoute

from shared.errors import ForbiddenError, StartError
from shared.http.dependencies import DirectDependency, ours_of
from shared.security.caller import CHALLENGE, Caller
from shared.security.roles import SCOPES

HEALTH_PATHS = frozenset(
    {"/health/live", "/health/ready", "/livez", "/healthz", "/readyz", "/metrics"}
)
PUBLIC_PATHS = HEALTH_PATHS | {"/", "/docs", "/openapi.json"}
"""What anybody may ask, without a token."""


class MissingScopeError(ForbiddenError):
    """The caller is known, and its token does not hold the scope."""

    code = "missing-scope"

    def __init__(self, scopes: Iterable[str]) -> None:
        wanted = " or ".join(scopes)
        super().__init__(
            f"This takes the scope {wanted}.", remedy=f"use a token whose scope holds {wanted}"
        )
        self.challenge = f'{CHALLENGE}, error="insufficient_scope", scope="{wanted}"'


class OtherTenantError(ForbiddenError):
    """It is about the whole installation, which another tenant runs."""

    code = "other-tenant"

    def __init__(self) -> None:
        super().__init__(
            "this is about the whole installation, which another tenant runs",
            remedy="have it done by the tenant that KAITONG_TENANT names",
        )


class ScopeCheck(DirectDependency[Caller]):
    """Lets those callers pass that have one of the scopes."""

    def __init__(self, scopes: tuple[str, ...], *, runs_installation: bool = False) -> None:
        if unknown := set(scopes) - SCOPES.keys() or not scopes:
            msg = f"no role has a scope {unknown or ''}: see SCOPES in shared/security/roles.py"
            raise ValueError(msg)
        super().__init__(self.check)
        self.scopes = scopes
        self.runs_installation = runs_installation

    def check(self, request: Request) -> Caller:
        """Return the caller.

        Raises:
            MissingScopeError: the caller has none of the scopes.
            OtherTenantError: it takes the tenant that runs the installation; this is another.
        """
        caller: Caller = request.scope["caller"]
        if caller.scopes.isdisjoint(self.scopes):
            raise MissingScopeError(self.scopes)
        if self.runs_installation and caller.tenant != request.app.state.settings.tenant:
            raise OtherTenantError
        return caller


def allow(*scopes: str, runs_installation: bool = False) -> Any:  # noqa: ANN401  as FastAPI's own
    """Return the dependency that lets only callers with one of the scopes pass.

    Every route has one: `caller: Annotated[Caller, allow("crm:order.read", "viewer:read")]`.
    With `runs_installation` only those of the tenant that runs the installation.

    Raises:
        ValueError: there is no such scope.
    """
    return Depends(ScopeCheck(scopes, runs_installation=runs_installation))


class RouteWithoutScopeError(StartError):
    """A route says nothing of who may call it."""


def check_route_scopes(api: FastAPI) -> None:
    """See that every route says who may call it.

    Raises:
        OpenRouteError: naming those that do not.
    """
    unsaid = sorted({path_of(route) for route in api.routes if not has_authorization(route)})
    if unsaid:
        msg = f"no allow(...) on {', '.join(unsaid)}: say who may call it"
        raise RouteWithoutScopeError(msg)


def path_of(route: BaseRoute) -> str:
    """Return a route's path, or what it is if it has none."""
    return str(getattr(route, "path", type(route).__name__))


def has_authorization(route: BaseRoute) -> bool:
    """Tell whether it is said who may call a route."""
    return path_of(route) in PUBLIC_PATHS or bool(getattr(route, "scope_checks", ()))


def scope_checks_of(endpoint: Callable[..., Any]) -> tuple[ScopeCheck, ...]:
    """Return what an endpoint's own parameters say of who may call it."""
    return ours_of(endpoint, ScopeCheck)
