"""Invariants about grants: every service has them as they were told last."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import NamedTuple

from services.console.invariants.evidence import Evidence
from services.console.invariants.orders import Verdict
from shared.contracts import AccessChanged

GRANTS = "SELECT tenant, grantee, owner, customer_id, level FROM access_grants"
KEEPERS = ("customer", "order", "provisioning")
"""The services that keep grants."""


class Shared(NamedTuple):
    """What is shared with whom."""

    tenant: str
    grantee: str
    owner: str
    customer_id: str


def grants_hold_as_they_were_told(evidence: Evidence) -> Iterator[Verdict]:
    """Hold the grants that each service keeps against what was told of them last."""
    expected = told_last(evidence)
    for service in KEEPERS:
        found = {Shared(*row[:4]): row.level for row in evidence.rows(service, GRANTS)}
        for shared in sorted(expected.keys() | found.keys()):
            same = expected.get(shared) == found.get(shared)
            what = f"customer {shared.customer_id} of {shared.owner} with {shared.grantee}"
            yield None if same else f"{service} shares {what} not as it was told"


def told_last(evidence: Evidence) -> Mapping[Shared, str]:
    """Return the level of each grant as it was told last; empty where it was revoked."""
    found: dict[Shared, tuple[datetime, str]] = {}
    for each in evidence.told["customer"]:
        match each.open():
            case AccessChanged() as it:
                key = Shared(each.tenant, it.grantee, it.owner_client, it.customer_id)
                found[key] = max(found.get(key, (each.time, "")), (each.time, it.level))
            case _:
                pass
    return {key: level for key, (_, level) in found.items()}
