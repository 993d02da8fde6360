"""The caller of a request, and the refusal of unauthenticated ones."""

from dataclasses import dataclass

from shared.errors import DomainError
from shared.security.roles import RoleLimits

CHALLENGE = 'Bearer realm="kaitong"'

UNLIMITED = RoleLimits()

ALL_AREAS = "*"
"""The area of a crew that works in all areas."""


@dataclass(frozen=True, slots=True)
class Caller:
    """The caller of a request, as its token says."""

    client: str
    """The client of the API: an order belongs to the one that placed it."""

    tenant: str
    role: str
    scopes: frozenset[str]
    sub: str = ""
    """The person or program that acts through the client; empty if the token names none."""

    limits: RoleLimits = UNLIMITED
    areas: frozenset[str] = frozenset()
    """Of a crew: the local networks and districts whose work orders it sees; `*` for all."""

    @property
    def person(self) -> str:
        """The actor in history, audit and approvals: `sub`, or else the client."""
        return self.sub or self.client

    @property
    def names_person(self) -> bool:
        """Tell whether the token names a person or a program other than the client."""
        return self.person != self.client

    def may(self, *scopes: str) -> bool:
        """Tell whether the caller has any of these scopes."""
        return not self.scopes.isdisjoint(scopes)


class UnauthenticatedError(DomainError):
    """The request has no valid token."""

    status = 401
    code = "unauthorized"

    def __init__(self, detail: str, challenge: str = CHALLENGE) -> None:
        super().__init__(detail, remedy="send the header Authorization: Bearer TOKEN")
        self.challenge = challenge
        """The value of WWW-Authenticate (RFC 6750)."""


class BadTokenError(UnauthenticatedError):
    """The token is not valid."""

    code = "bad-token"

    def __init__(self, why: str) -> None:
        super().__init__(
            f"The token is not valid: {why}.",
            f'{CHALLENGE}, error="invalid_token", error_description="{why}"',
        )
