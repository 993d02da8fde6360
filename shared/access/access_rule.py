"""The access rule for every endpoint of every service.

A record belongs to the API client that submitted it: an order to the client that placed
it, a product to the client whose order created it, customer data to the client that sent
them, a plan, a service and a work order to the client of their order. A client sees and
changes its own records, and those that their owner has shared with it (grants.py). Staff
of the operator see all of their tenant; crews see the work orders of their areas, and
those they have accepted. A record that a caller may not see is left out of lists and
answered 404.
"""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from shared.errors import Fault, InvalidError, NotFoundError
from shared.input.equipment_names import fold_name
from shared.security.caller import ALL_AREAS, Caller

TENANT_READ_SCOPES = frozenset({"viewer:read", "billing:read", "agent:read", "network:read"})
"""Each of these scopes sees the records of all clients, on the routes that accept it."""

TENANT_WRITE_SCOPES = frozenset({"admin"})

T = TypeVar("T")


class AccessLevel(StrEnum):
    """What a grant allows."""

    SEE = "see"
    CHANGE = "change"
    """See it, and order changes of it."""


SUFFICIENT_LEVELS: dict[AccessLevel, tuple[AccessLevel, ...]] = {
    AccessLevel.SEE: (AccessLevel.SEE, AccessLevel.CHANGE),
    AccessLevel.CHANGE: (AccessLevel.CHANGE,),
}
"""By required level, the grant levels that are sufficient."""


@dataclass(frozen=True, slots=True)
class DataScope:
    """The owners within a tenant whose records a caller may see, or change."""

    tenant: str
    client: str | None
    """The client that owns the records; None for all clients."""

    level: AccessLevel = AccessLevel.SEE
    has_grants: bool = True
    """False where nothing is shared with the client: queries then skip the grants."""

    @property
    def is_tenant_wide(self) -> bool:
        """Tell whether it covers the whole tenant."""
        return self.client is None


def data_scope_of(caller: Caller, level: AccessLevel = AccessLevel.SEE) -> DataScope:
    """Return the data scope of a caller at a level."""
    tenant_scopes = TENANT_READ_SCOPES if level is AccessLevel.SEE else TENANT_WRITE_SCOPES
    return DataScope(caller.tenant, None if caller.may(*tenant_scopes) else caller.client, level)


def tenant_wide_scope(tenant: str) -> DataScope:
    """Return the data scope of the operator's own staff."""
    return DataScope(tenant, None)


def is_own(data_scope: DataScope, owner: str) -> bool:
    """Tell whether an owner's records are accessible without any grant."""
    return data_scope.client in {None, owner}


def is_allowed(data_scope: DataScope, owner: str, granted: Collection[AccessLevel]) -> bool:
    """Tell whether a caller may see or change a record.

    Args:
        data_scope: of the caller.
        owner: the client that submitted the record.
        granted: the levels at which the owner has shared its customer with the caller.
    """
    return is_own(data_scope, owner) or any(
        level in SUFFICIENT_LEVELS[data_scope.level] for level in granted
    )


@dataclass(frozen=True, slots=True)
class CrewScope:
    """The work orders that a crew may see: those of its areas, and those it has accepted."""

    areas: frozenset[str]
    """Local networks, and districts in any spelling."""

    names: frozenset[str]
    """Names under which it accepts work orders: its person and its client."""

    @property
    def is_everywhere(self) -> bool:
        """Tell whether it works in all areas."""
        return ALL_AREAS in self.areas

    def may_see(self, local_network: str, district: str, accepted_by: str) -> bool:
        """Tell whether it may see a work order: one of its areas, or one that it has accepted.

        `accepted_by` is empty before acceptance.
        """
        is_in_area = local_network in self.areas or fold_name(district) in self.districts
        return self.is_everywhere or is_in_area or accepted_by in self.names

    @property
    def districts(self) -> frozenset[str]:
        """Its areas as `fold_name` normalises them: equal for all spellings."""
        return frozenset(map(fold_name, self.areas))


def crew_scope_of(caller: Caller) -> CrewScope | None:
    """Return which work orders a caller may see as a crew; None if another scope decides that."""
    if caller.may(*TENANT_READ_SCOPES, "ops:workorder", "crm:order.read"):
        return None
    return CrewScope(caller.areas, caller_names(caller))


def caller_names(caller: Caller) -> frozenset[str]:
    """Return the names in a caller's token: the person and the client."""
    return frozenset({caller.person, caller.client})


class SignerMismatchError(InvalidError):
    """The signature is a name that the token does not contain."""

    status = 422

    def __init__(self) -> None:
        reason = "is not a name in the token"
        remedy = "leave it out, or use a token of that person (its sub)"
        super().__init__([Fault("/by", "not-your-name", reason, remedy)], code="not-your-name")


def signing_name(caller: Caller, requested: str = "") -> str:
    """Return the name that signs a caller's action: the person, unless another is requested.

    Args:
        caller: of the API.
        requested: the name under which the caller wants to sign, if any.

    Raises:
        SignerMismatchError: the token does not contain the requested name.
    """
    if requested and requested not in caller_names(caller):
        raise SignerMismatchError
    return requested or caller.person


class NotVisibleError(NotFoundError):
    """It does not exist, or the caller may not see it: both get the same answer."""

    def __init__(self, *, kind: str, id_: object, remedy: str = "") -> None:
        super().__init__(f"there is no {kind} {id_}", remedy=remedy)


def require_visible(found: T | None, *, kind: str, id_: object, remedy: str = "") -> T:
    """Return a record that a query of the store has found.

    Args:
        found: the record; None if it does not exist, or the caller may not see it.
        kind: of the record, in words for people.
        id_: by which the caller has requested it.
        remedy: what the caller can do if there is none, instead of the default remedy.

    Raises:
        NotVisibleError: if there is none.
    """
    if found is None:
        raise NotVisibleError(kind=kind, id_=id_, remedy=remedy)
    return found


def require_found(found: T | None, message: str, *, remedy: str = "") -> T:
    """Return what a query of the store has found; for sentences that name no kind and id.

    Raises:
        NotFoundError: with this message, if there is none.
    """
    if found is None:
        raise NotFoundError(message, remedy=remedy)
    return found
