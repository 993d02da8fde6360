"""Invariants about grants: every service has the latest published ones."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import NamedTuple

from shared.contracts import AccessChanged
from tools.verify.orders import CheckResult
from tools.verify.stack_data import StackData

GRANTS = "SELECT tenant, grantee, owner, customer_id, level FROM access_grants"
SERVICES_WITH_GRANTS = ("customer", "order", "provisioning")
"""The services that store grants."""


class GrantKey(NamedTuple):
    """The customer that is shared, its owner and the grantee."""

    tenant: str
    grantee: str
    owner: str
    customer_id: str


def grants_match_messages(stack_data: StackData) -> Iterator[CheckResult]:
    """Check that the grants in each service equal the latest published ones."""
    expected = latest_levels(stack_data)
    for service in SERVICES_WITH_GRANTS:
        found = {GrantKey(*row[:4]): row.level for row in stack_data.rows(service, GRANTS)}
        for shared in sorted(expected.keys() | found.keys()):
            same = expected.get(shared) == found.get(shared)
            what = f"customer {shared.customer_id} of {shared.owner} with {shared.grantee}"
            yield None if same else f"{service} shares {what} not as last published"


def latest_levels(stack_data: StackData) -> Mapping[GrantKey, str]:
    """Return the latest published level of each grant; empty if it was revoked."""
    found: dict[GrantKey, tuple[datetime, str]] = {}
    for each in stack_data.published["customer"]:
        match each.open():
            case AccessChanged() as grant:
                key = GrantKey(each.tenant, grant.grantee, grant.owner_client, grant.customer_id)
                found[key] = max(found.get(key, (each.time, "")), (each.time, grant.level))
            case _:
                pass
    return {key: level for key, (_, level) in found.items()}
