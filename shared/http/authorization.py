"""Authorization of routes by scopes.

Every route declares its scopes; a route without scopes keeps the process from
starting. The caller is read from the token (shared/security/tokens.py) before any
other part of a request is processed.
"""

from collections.abc import Callable, Iterable
from typing import Any

from fastapi import Depends, FastAPI, Request
from starlette.routing import BaseRoute

from shared.errors import ForbiddenError, StartError
from shared.http.dependencies import DirectDependency, dependencies_of
from shared.security.caller import CHALLENGE, Caller
from shared.security.roles import SCOPES

HEALTH_PATHS = frozenset(
    {"/health/live", "/health/ready", "/livez", "/healthz", "/readyz", "/metrics"}
)
PUBLIC_PATHS = HEALTH_PATHS | {"/", "/docs", "/openapi.json"}
"""Paths that need no token."""


class MissingScopeError(ForbiddenError):
    """The caller's token does not hold the scope."""

    code = "missing-scope"

    def __init__(self, scopes: Iterable[str]) -> None:
        required = " or ".join(scopes)
        super().__init__(
            f"This requires the scope {required}.", remedy=f"use a token with the scope {required}"
        )
        self.challenge = f'{CHALLENGE}, error="insufficient_scope", scope="{required}"'


class OtherTenantError(ForbiddenError):
    """The request concerns the whole installation, which another tenant runs."""

    code = "other-tenant"

    def __init__(self) -> None:
        super().__init__(
            "this concerns the whole installation, which another tenant runs",
            remedy="ask the tenant that KAITONG_TENANT names to do it",
        )


class ScopeCheck(DirectDependency[Caller]):
    """Admits callers that have one of the scopes."""

    def __init__(self, scopes: tuple[str, ...], *, installation_tenant_only: bool = False) -> None:
        if unknown := set(scopes) - SCOPES.keys() or not scopes:
            msg = f"no role has a scope {unknown or ''}: see SCOPES in shared/security/roles.py"
            raise ValueError(msg)
        super().__init__(self.check)
        self.scopes = scopes
        self.installation_tenant_only = installation_tenant_only

    def check(self, request: Request) -> Caller:
        """Return the caller.

        Raises:
            MissingScopeError: the caller has none of the scopes.
            OtherTenantError: the caller's tenant does not run the installation, as it must.
        """
        caller: Caller = request.scope["caller"]
        if caller.scopes.isdisjoint(self.scopes):
            raise MissingScopeError(self.scopes)
        if self.installation_tenant_only and caller.tenant != request.app.state.settings.tenant:
            raise OtherTenantError
        return caller


def allow(*scopes: str, installation_tenant_only: bool = False) -> Any:  # noqa: ANN401  as FastAPI
    """Return the dependency that admits only callers with one of the scopes.

    Every route has one: `caller: Annotated[Caller, allow("crm:order.read", "viewer:read")]`.
    With `installation_tenant_only` it admits only the tenant that runs the installation.

    Raises:
        ValueError: there is no such scope.
    """
    return Depends(ScopeCheck(scopes, installation_tenant_only=installation_tenant_only))


class RouteWithoutScopeError(StartError):
    """A route declares no scope."""


def check_route_scopes(api: FastAPI) -> None:
    """Check that every route declares its scopes.

    Raises:
        RouteWithoutScopeError: naming those that do not.
    """
    unguarded = sorted({path_of(route) for route in api.routes if not has_authorization(route)})
    if unguarded:
        msg = f"no allow(...) on {', '.join(unguarded)}: declare who may call it"
        raise RouteWithoutScopeError(msg)


def path_of(route: BaseRoute) -> str:
    """Return a route's path, or its type if it has none."""
    return str(getattr(route, "path", type(route).__name__))


def has_authorization(route: BaseRoute) -> bool:
    """Tell whether a route declares who may call it."""
    return path_of(route) in PUBLIC_PATHS or bool(getattr(route, "scope_checks", ()))


def scope_checks_of(endpoint: Callable[..., Any]) -> tuple[ScopeCheck, ...]:
    """Return the scope checks that an endpoint's own parameters declare."""
    return dependencies_of(endpoint, ScopeCheck)
