"""Who may call what.

Every route says which scope it takes; a route that says nothing keeps the process
from starting. Who calls is read from a token (tokens.py) before anything else of a
request is looked at.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, get_type_hints

from fastapi import Depends, FastAPI, Request
from starlette.routing import BaseRoute

from shared.errors import DomainError, ForbiddenError, StartError
from shared.given import Given, ours_in
from shared.roles import SCOPES, Limits

HEALTH = frozenset({"/health/live", "/health/ready", "/livez", "/healthz", "/readyz", "/metrics"})
PUBLIC = HEALTH | {"/", "/docs", "/openapi.json"}
"""What anybody may ask, without a token."""

CHALLENGE = 'Bearer realm="kaitong"'

UNLIMITED = Limits()


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls, as the token says."""

    client: str
    """The client of the API: an order belongs to the one that placed it."""

    tenant: str
    role: str
    scopes: frozenset[str]
    sub: str = ""
    """Who acts through the client, a person or a program; empty where the token names none."""

    limits: Limits = UNLIMITED
    areas: frozenset[str] = frozenset()
    """Of a crew: the local networks and districts whose work it sees; `*` for all."""

    @property
    def person(self) -> str:
        """Who acts: history, audit and approvals go by this. A client alone is one person."""
        return self.sub or self.client

    @property
    def is_named(self) -> bool:
        """Tell whether it is known who acts: a person or a program, other than the client."""
        return self.person != self.client

    def may(self, *scopes: str) -> bool:
        """Tell whether any of these scopes is the caller's."""
        return not self.scopes.isdisjoint(scopes)


class NoCallerError(DomainError):
    """Nobody is known to call: there is no token, or none that counts."""

    status = 401
    code = "unauthorized"

    def __init__(self, detail: str, challenge: str = CHALLENGE) -> None:
        super().__init__(detail, remedy="send the header Authorization: Bearer TOKEN")
        self.challenge = challenge
        """What WWW-Authenticate says (RFC 6750)."""


class BadTokenError(NoCallerError):
    """There is a token, and it does not count."""

    code = "bad-token"

    def __init__(self, why: str) -> None:
        super().__init__(
            f"The token does not count: {why}.",
            f'{CHALLENGE}, error="invalid_token", error_description="{why}"',
        )


class MissingScopeError(ForbiddenError):
    """The caller is known, and its token does not hold the scope."""

    code = "missing-scope"

    def __init__(self, scopes: Iterable[str]) -> None:
        wanted = " or ".join(scopes)
        super().__init__(
            f"This takes the scope {wanted}.", remedy=f"use a token whose scope holds {wanted}"
        )
        self.challenge = f'{CHALLENGE}, error="insufficient_scope", scope="{wanted}"'


class Allow(Given[Caller]):
    """Lets those callers pass that have one of the scopes."""

    def __init__(self, scopes: tuple[str, ...]) -> None:
        if unknown := set(scopes) - SCOPES.keys() or not scopes:
            msg = f"no role has a scope {unknown or ''}: see SCOPES in shared/roles.py"
            raise ValueError(msg)
        super().__init__(self.check)
        self.scopes = scopes

    def check(self, request: Request) -> Caller:
        """Return the caller.

        Raises:
            MissingScopeError: the caller has none of the scopes.
        """
        caller: Caller = request.scope["caller"]
        if caller.scopes.isdisjoint(self.scopes):
            raise MissingScopeError(self.scopes)
        return caller


def allow(*scopes: str) -> Any:  # noqa: ANN401  as FastAPI types its own Depends
    """Return the dependency that lets only callers with one of the scopes pass.

    Every route has one: `caller: Annotated[Caller, allow("crm:order.read", "viewer:read")]`.

    Raises:
        ValueError: there is no such scope.
    """
    return Depends(Allow(scopes))


class OpenRouteError(StartError):
    """A route says nothing of who may call it."""


def check_routes(api: FastAPI) -> None:
    """See that every route says who may call it.

    Raises:
        OpenRouteError: naming those that do not.
    """
    unsaid = sorted({path_of(route) for route in api.routes if not is_said(route)})
    if unsaid:
        msg = f"no allow(...) on {', '.join(unsaid)}: say who may call it (shared/auth.py)"
        raise OpenRouteError(msg)


def path_of(route: BaseRoute) -> str:
    """Return a route's path, or what it is if it has none."""
    return str(getattr(route, "path", type(route).__name__))


def is_said(route: BaseRoute) -> bool:
    """Tell whether it is said who may call a route."""
    return path_of(route) in PUBLIC or bool(getattr(route, "allows", ()))


def allows_of(endpoint: Callable[..., Any]) -> tuple[Allow, ...]:
    """Return what an endpoint's own parameters say of who may call it."""
    hints = get_type_hints(endpoint, include_extras=True).values()
    return tuple(found for hint in hints if isinstance(found := ours_in(hint), Allow))
