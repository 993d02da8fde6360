"""Who sees and changes whose data: the one rule, for every endpoint of every service.

A thing belongs to the client of the API that brought it: an order to the client that
placed it, a product to the client whose order made it, what is known of a customer to
the client that told it, a plan, a service and a work order to the client of their order.
A client sees and changes what it brought, and what the client that brought it has
shared with it (grants.py). Staff of the operator see all of their tenant; crews see the
work of their area, and what they have taken on. What a caller may not see is not there
for it: it is left out of lists, and answered 404.
"""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from shared.errors import Fault, InvalidError, NotFoundError
from shared.input.equipment_names import fold_name
from shared.security.caller import Caller

TENANT_READ_SCOPES = frozenset({"viewer:read", "billing:read", "agent:read", "network:read"})
"""Each of these scopes sees what all clients brought, on the routes that take it."""

TENANT_WRITE_SCOPES = frozenset({"admin"})

ALL_AREAS = "*"
"""An area of a crew: all of them."""


class AccessLevel(StrEnum):
    """What a grant allows."""

    SEE = "see"
    CHANGE = "change"
    """To see it, and to order changes of it."""


SUFFICIENT_LEVELS: dict[AccessLevel, tuple[AccessLevel, ...]] = {
    AccessLevel.SEE: (AccessLevel.SEE, AccessLevel.CHANGE),
    AccessLevel.CHANGE: (AccessLevel.CHANGE,),
}
"""By what is wanted, the levels of grants that allow it."""


@dataclass(frozen=True, slots=True)
class DataScope:
    """Whose things of a tenant a caller may see, or change."""

    tenant: str
    client: str | None
    """The client whose own things they are; None for those of all clients."""

    level: AccessLevel = AccessLevel.SEE
    has_grants: bool = True
    """False where nothing is shared with the client, so that nobody looks."""

    @property
    def is_tenant_wide(self) -> bool:
        """Tell whether it takes in all of the tenant."""
        return self.client is None


def data_scope_of(caller: Caller, level: AccessLevel = AccessLevel.SEE) -> DataScope:
    """Return what a caller may see, or change."""
    whole = TENANT_READ_SCOPES if level is AccessLevel.SEE else TENANT_WRITE_SCOPES
    return DataScope(caller.tenant, None if caller.may(*whole) else caller.client, level)


def tenant_wide_scope(tenant: str) -> DataScope:
    """Return the reach of the operator's own staff."""
    return DataScope(tenant, None)


def is_own(data_scope: DataScope, owner: str) -> bool:
    """Tell whether a client's things are within reach without any grant."""
    return data_scope.client in {None, owner}


def is_allowed(data_scope: DataScope, owner: str, granted: Collection[AccessLevel]) -> bool:
    """Tell whether a caller may see or change a thing.

    Args:
        data_scope: of the caller.
        owner: the client that brought the thing.
        granted: the levels at which the owner has shared its customer with the caller.
    """
    return is_own(data_scope, owner) or any(
        level in SUFFICIENT_LEVELS[data_scope.level] for level in granted
    )


@dataclass(frozen=True, slots=True)
class Crew:
    """Whose work orders a caller may see that sees no others: those of its areas, and its own."""

    areas: frozenset[str]
    """Local networks, and districts in any spelling."""

    names: frozenset[str]
    """Under which it takes work on: its person and its client."""

    @property
    def is_everywhere(self) -> bool:
        """Tell whether it works in all areas."""
        return ALL_AREAS in self.areas

    def sees(self, local_network: str, district: str, taken_by: str) -> bool:
        """Tell whether a work order there, taken on by somebody or not yet, is its to see."""
        is_there = local_network in self.areas or fold_name(district) in self.districts
        return self.is_everywhere or is_there or taken_by in self.names

    @property
    def districts(self) -> frozenset[str]:
        """What all spellings of its areas have in common, as `fold` says."""
        return frozenset(map(fold_name, self.areas))


def crew_of(caller: Caller) -> Crew | None:
    """Return the crew that a caller is; None for who sees work orders by another scope."""
    if caller.may(*TENANT_READ_SCOPES, "ops:workorder", "crm:order.read"):
        return None
    return Crew(caller.areas, caller_names(caller))


def caller_names(caller: Caller) -> frozenset[str]:
    """Return whom a token names: the person and the client."""
    return frozenset({caller.person, caller.client})


class SignatureMismatchError(InvalidError):
    """It is signed with the name of somebody whom the token does not name."""

    status = 422

    def __init__(self) -> None:
        reason = "is not who the token names"
        remedy = "leave it out, or use a token of that person (its sub)"
        super().__init__([Fault("/by", "not-your-name", reason, remedy)], code="not-your-name")


def signing_name(caller: Caller, said: str = "") -> str:
    """Return who signs what a caller does: the person, unless the client's own name is said.

    Args:
        caller: who calls.
        said: the name under which the caller wants to sign, if any.

    Raises:
        NotYourNameError: the token names somebody else.
    """
    if said and said not in caller_names(caller):
        raise SignatureMismatchError
    return said or caller.person


class NotVisibleError(NotFoundError):
    """It is not there, or not there for this caller: both are answered alike."""

    def __init__(self, *, kind: str, id_: object, remedy: str = "") -> None:
        super().__init__(f"there is no {kind} {id_}", remedy=remedy)
