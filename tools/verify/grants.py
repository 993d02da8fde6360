"""Invariants about grants: every service has them as they were told last."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import NamedTuple

from shared.contracts import AccessChanged
from tools.verify.evidence import Evidence
from tools.verify.orders import CheckResult

GRANTS = "SELECT tenant, grantee, owner, customer_id, level FROM access_grants"
SERVICES_WITH_GRANTS = ("customer", "order", "provisioning")
"""The services that keep grants."""


class GrantKey(NamedTuple):
    """What is shared with whom."""

    tenant: str
    grantee: str
    owner: str
    customer_id: str


def grants_match_messages(evidence: Evidence) -> Iterator[CheckResult]:
    """Hold the grants that each service keeps against what was told of them last."""
    expected = latest_levels(evidence)
    for service in SERVICES_WITH_GRANTS:
        found = {GrantKey(*row[:4]): row.level for row in evidence.rows(service, GRANTS)}
        for shared in sorted(expected.keys() | found.keys()):
            same = expected.get(shared) == found.get(shared)
            what = f"customer {shared.customer_id} of {shared.owner} with {shared.grantee}"
            yield None if same else f"{service} shares {what} not as it was told"


def latest_levels(evidence: Evidence) -> Mapping[GrantKey, str]:
    """Return the level of each grant as it was told last; empty where it was revoked."""
    found: dict[GrantKey, tuple[datetime, str]] = {}
    for each in evidence.published["customer"]:
        match each.open():
            case AccessChanged() as it:
                key = GrantKey(each.tenant, it.grantee, it.owner_client, it.customer_id)
                found[key] = max(found.get(key, (each.time, "")), (each.time, it.level))
            case _:
                pass
    return {key: level for key, (_, level) in found.items()}
