"""Who calls, and the refusal of who is not known."""

from dataclasses import dataclass

from shared.errors import DomainError
from shared.security.roles import RoleLimits

CHALLENGE = 'Bearer realm="kaitong"'

UNLIMITED = RoleLimits()


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

    limits: RoleLimits = UNLIMITED
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


class UnauthenticatedError(DomainError):
    """Nobody is known to call: there is no token, or none that counts."""

    status = 401
    code = "unauthorized"

    def __init__(self, detail: str, challenge: str = CHALLENGE) -> None:
        super().__init__(detail, remedy="send the header Authorization: Bearer TOKEN")
        self.challenge = challenge
        """What WWW-Authenticate says (RFC 6750)."""


class BadTokenError(UnauthenticatedError):
    """There is a token, and it does not count."""

    code = "bad-token"

    def __init__(self, why: str) -> None:
        super().__init__(
            f"The token does not count: {why}.",
            f'{CHALLENGE}, error="invalid_token", error_description="{why}"',
        )
