"""Kinds of resources: their publication, and what follows from them for resources."""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy.orm import Session

from services.resources.commands.kind_lists import publish_list
from services.resources.domain.pool.kind_publication import PublishedKind, unpublished
from services.resources.domain.pool.kinds import PoolKind
from services.resources.domain.pool.quarantine import (
    kinds_of,
    numbers_among,
    quarantine_periods,
)
from services.resources.domain.pool.resource import Resource, ResourceKey
from services.resources.store import kinds, quarantine_days_of_segments
from shared.errors import Fault, InvalidError
from shared.messaging.unit_of_work import UnitOfWork
from shared.planned_changes import PlannedChange, plan_change


def publish_kinds(submitted: Sequence[PoolKind], by: str, work: UnitOfWork) -> list[PublishedKind]:
    """Publish kinds for the caller's tenant; those that are published already stay unchanged.

    Raises:
        ConflictError: if one is already published with other rules.
        InvalidError: if one has a fault.
    """
    kinds.lock(work.session, work.tenant)
    published = kinds.find_published(work.session, work.tenant, [each.name for each in submitted])
    new = unpublished(submitted, published, kinds.SHIPPED)
    kinds.add(work.session, work.tenant, new, by, work.now)
    for each in new:
        work.record_change("pool kind", each.name, "", "published")
        work.audit("pool-kind.publish", each.name)
    if new:
        publish_list(work)
    stored = {each.kind.name: each for each in kinds.read_published(work.session, work.tenant)}
    return [stored[each.name] for each in submitted]


def plan_kinds(session: Session, tenant: str, submitted: Sequence[PoolKind]) -> list[PlannedChange]:
    """Return what the publication of kinds would change for a tenant.

    Raises:
        ConflictError: if one is already published with other rules.
        InvalidError: if one has a fault.
    """
    published = kinds.find_published(session, tenant, [each.name for each in submitted])
    unpublished(submitted, published, kinds.SHIPPED)
    return [
        plan_change(f"pool kind/{each.name}", published.get(each.name), each) for each in submitted
    ]


def require_kind(session: Session, tenant: str, name: str) -> PoolKind:
    """Return the kind of this name.

    Raises:
        InvalidError: if there is none.
    """
    found = kinds.find(session, tenant, name)
    if found is None:
        remedy = "list the kinds: /ops/v1/pool-kinds"
        raise InvalidError([Fault("kind", "unknown-kind", "is not a kind of resources", remedy)])
    return found


def quarantine_periods_of(
    session: Session, resources: Sequence[Resource]
) -> dict[ResourceKey, timedelta]:
    """Return how long each of these resources rests after its release, if it does."""
    found = kinds.find_all(session, kinds_of(resources))
    days = quarantine_days_of_segments(session, numbers_among(resources))
    return quarantine_periods(resources, found, days)
