"""The kinds of resources that orders need."""

from collections.abc import Iterable

from services.resources.domain.pool.kinds import KindKey, PoolKind, PoolKinds
from shared.contracts import ItemNeeds, Need, ServedFrom
from shared.errors import PoisonError


def needed_kinds(items: Iterable[tuple[str, ItemNeeds]]) -> set[KindKey]:
    """Return the kinds that items need, each item with its tenant."""
    return {(tenant, need.kind) for tenant, item in items for need in item.needs}


def kind_of(tenant: str, need: Need, kinds: PoolKinds) -> PoolKind:
    """Return the kind of resource that is needed.

    Raises:
        PoisonError: if there is no such kind, or it has no such choice.
    """
    kind = kinds.get((tenant, need.kind))
    if kind is None:
        msg = f"{need.kind} is not a kind of resources: publish it (POST /ops/v1/pool-kinds)"
        raise PoisonError(msg)
    if need.picked and not kind.picked_from:
        msg = f"a {kind.name} cannot be picked"
        raise PoisonError(msg)
    if need.served_from not in {"", *ServedFrom}:
        msg = f"{need.served_from} is not where a {kind.name} can be served from"
        raise PoisonError(msg)
    if need.grade and not kind.is_graded:
        msg = f"a {kind.name} has no grade"
        raise PoisonError(msg)
    return kind
