"""What a service keeps at a new address: its need may say from where that must be served."""

from collections.abc import Collection, Iterable, Mapping
from uuid import UUID

from services.resources.domain.allocation.assignment_request import (
    AssignmentRequest,
    Sites,
    site_of,
)
from services.resources.domain.allocation.existing_holdings import needs_with_effects
from services.resources.domain.allocation.needed_kinds import kind_of
from services.resources.domain.pool.kinds import PoolKinds
from services.resources.domain.pool.resource import Holding
from shared.contracts import NeedEffect, ServedFrom


def pools_serving_kept(
    request: AssignmentRequest, kinds: PoolKinds, sites: Sites
) -> dict[tuple[UUID, str], str]:
    """Return the pools that must serve what an order keeps, where its needs say so."""
    return {
        (item.service_id, need.kind): kind_of(request.tenant, need, kinds).pool_serving(
            site_of(request, item, sites), ServedFrom(need.served_from)
        )
        or ""
        for item in request.affected
        for need, effect in needs_with_effects(item)
        if effect is NeedEffect.KEEP and need.served_from
    }


def reason_not_kept(
    kept: Iterable[Holding],
    held: Collection[Holding],
    serving_pools: Mapping[tuple[UUID, str], str],
) -> str:
    """Return why a resource cannot be kept at the new address; empty if all can.

    A service that already holds something of the pool that serves the address stays there, and
    keeps a number that was picked from elsewhere in the local network.
    """
    pools = {each.resource.pool.name for each in held}
    for each in kept:
        pool = each.resource.pool
        serving = serving_pools.get((each.service_id, pool.kind), pool.name)
        if serving not in pools:
            where = f"of {pool.name}, and the address is served by {serving or 'none'}"
            return f"{pool.kind} {each.resource.value} is {where}: pick a {pool.kind} there"
    return ""
