"""Roles: each a list of scopes and limits, read from a JSON file and checked.

The file shipped with the kernel (data/roles.json) can be replaced by KAITONG_ROLES.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, field_validator
from pydantic_core import ErrorDetails

from shared.errors import Fault, InvalidError, StartError
from shared.input.fault_texts import pydantic_fault_text
from shared.input.json_text import read_json
from shared.input.numbers import IS_NUMBER
from shared.input.validation_errors import validation_error

SCOPES: Mapping[str, str] = {
    "crm:order.write": "place orders",
    "crm:order.read": "see the catalogue, and its own and shared orders and products",
    "crm:number.read": "search numbers and addresses",
    "crm:number.hold": "hold a number for some minutes",
    "crm:customer.read": "see its own and shared customer data",
    "viewer:read": "see everything of the tenant except the audit",
    "billing:read": "see orders, products, accounts and the catalogue; of customers only the ids",
    "agent:read": "see customers, orders, products and the catalogue of the tenant",
    "network:read": "see plant, plans, services, fallout, work orders, blueprints and elements; of "
    "customers only the ids",
    "product:read": "see the catalogue",
    "analyst:read": "see states, pools and the catalogue; nothing of a customer",
    "audit:read": "read the audit",
    "crew:workorder": "see and answer the work orders of its area",
    "ops:workorder": "answer any work order",
    "ops:fallout": "decide about fallout; limit and maintain elements",
    "ops:replay": "retry dead letters",
    "ops:import": "import plant, publish blueprints and the catalogue",
    "ops:approve": "approve, as the second person",
    "network:write": "import and withdraw plant, publish blueprints, limit and maintain elements",
    "product:write": "publish the catalogue",
    "access:grant": "share customers between clients",
    "customer:erase": "erase a customer's personal data",
    "identity:block": "block identities, so that their orders are refused, and lift blocks",
    "admin": "everything in the tenant; it signs with the name in its token, as all do",
}
"""Every scope that a route may require, and what it allows."""

EVERY_SCOPE = "*"
SHIPPED_FILE = Path(__file__).parent / "data/roles.json"
NEEDS_APPROVAL = frozenset(
    {"customer.erase", "access.grant-all", "things.withdraw", "agreement.change"}
)
"""The actions for which a role's limits can require a second person."""


AtLeastOne = Annotated[int, Field(ge=1), IS_NUMBER]


class RolesError(StartError):
    """The file of roles has faults. One line for each fault, with the remedy."""


class RoleLimits(BaseModel):
    """Limits of callers in a role."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    requests_per_second: AtLeastOne | None = None
    """Of one client to one process; None for the setting's limit, which also caps this one."""

    page_size: AtLeastOne = 100
    """The most rows of a list in one response."""

    import_rows: AtLeastOne | None = None
    """The most rows of one import; None for as many as fit into a body."""

    needs_second_approval: frozenset[str] = frozenset()
    """Actions that a second person must approve."""

    areas: frozenset[str] = frozenset()
    """Of a crew whose token has no areas: local networks and districts; `*` for all."""

    @field_validator("needs_second_approval")
    @classmethod
    def check_actions(cls, actions: frozenset[str]) -> frozenset[str]:
        """Reject unknown actions."""
        if unknown := actions - NEEDS_APPROVAL:
            raise validation_error(
                code="action-unknown",
                reason=f"names unknown actions: {', '.join(sorted(unknown))}",
                remedy=f"use some of {', '.join(sorted(NEEDS_APPROVAL))}",
            )
        return actions


class Role(BaseModel):
    """A role: its scopes and limits."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    description: Annotated[str, Field(alias="is")] = ""
    scopes: frozenset[str]
    limits: RoleLimits = RoleLimits()

    @field_validator("scopes")
    @classmethod
    def expand_scopes(cls, scopes: frozenset[str]) -> frozenset[str]:
        """Return the scopes, all if `*` is among them; reject unknown ones."""
        if unknown := scopes - SCOPES.keys() - {EVERY_SCOPE}:
            raise validation_error(
                code="scope-unknown",
                reason=f"names unknown scopes: {', '.join(sorted(unknown))}",
                remedy="use those of docs/access.md",
            )
        return frozenset(SCOPES) if EVERY_SCOPE in scopes else scopes


Roles = Mapping[str, Role]
ROLES_ADAPTER: TypeAdapter[dict[str, Role]] = TypeAdapter(dict[str, Role])


def read_roles(path: Path = SHIPPED_FILE) -> Roles:
    """Return the roles in a file, by name.

    Raises:
        RolesError: it cannot be read, or has faults; lists every fault.
    """
    try:
        return ROLES_ADAPTER.validate_python(read_json(path.read_bytes()))
    except OSError as error:
        msg = f"KAITONG_ROLES: {path} cannot be read ({error.strerror}): name a file of roles"
        raise RolesError(msg) from error
    except InvalidError as error:
        raise RolesError("\n".join(fault_line(path, each) for each in error.faults)) from error
    except ValidationError as error:
        faults = map(fault_of, error.errors(include_url=False, include_input=False))
        raise RolesError("\n".join(fault_line(path, each) for each in faults)) from error


def fault_of(error: ErrorDetails) -> Fault:
    """Return a pydantic error in a file of roles as a fault."""
    pointer = "".join(f"/{step}" for step in error["loc"])
    return Fault(pointer, error["type"], *pydantic_fault_text(error))


def fault_line(path: Path, fault: Fault) -> str:
    """Return one fault of a file of roles as a line: field, reason, remedy."""
    where = f" {fault.field}:" if fault.field else ""
    return f"KAITONG_ROLES: {path}:{where} {fault.reason}: {fault.remedy}"


ROLES = read_roles()
"""The shipped roles."""
