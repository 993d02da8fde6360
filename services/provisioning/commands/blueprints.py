"""The publication of blueprints, by the API and at a start of the service."""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy.orm import Session

from services.provisioning.domain.blueprint.blueprint import Blueprint
from services.provisioning.domain.blueprint.publication import (
    BlueprintPublicationResult,
    PublishedBlueprint,
    edition_message,
    missing_counterpart_warnings,
    planned_changes,
    unpublished,
)
from services.provisioning.domain.blueprint.validation import read_blueprints
from services.provisioning.store import blueprint_editions, blueprints
from shared.contracts import Causation
from shared.ids import named_id
from shared.messaging.commit_context import CommitContext
from shared.messaging.unit_of_work import Transaction, UnitOfWork
from shared.persistence.database import transaction_time
from shared.persistence.versioned_documents import SHARED_TENANT
from shared.planned_changes import PlannedChange

STARTUP_NAMESPACE = UUID("5a0d0b36-9b1f-5a51-9f0e-6d2a3f0f7c55")
"""Namespace of the message ids at a start, by tenant and edition."""

SHIPPED_AT = datetime(2000, 1, 1, tzinfo=UTC)
"""The publication time of shipped blueprints: before any other."""


def publish_for_tenant(
    submitted: Sequence[Blueprint], by: str, work: UnitOfWork
) -> list[BlueprintPublicationResult]:
    """Publish blueprints for the caller's tenant.

    Raises:
        ConflictError: if a version is already published with different content.
        InvalidError: if a version is older than the newest.
    """
    new = add_unpublished(work.session, work.tenant, submitted, by, work.now)
    for each in new:
        name = each.display_name
        work.record_change("blueprint", name, "", "published", part=str(each.version))
        work.audit("blueprint.publish", f"{name}/{each.version}")
    if new:
        publish_edition(work, work.tenant)
    warnings = missing_counterpart_warnings(
        submitted, blueprints.get_newest(work.session, work.tenant)
    )
    return [
        BlueprintPublicationResult(
            PublishedBlueprint(work.tenant, each, work.now, by), warnings.get(each, "")
        )
        for each in submitted
    ]


def plan_for_tenant(
    session: Session, tenant: str, submitted: Sequence[Blueprint]
) -> list[PlannedChange]:
    """Return what the publication of blueprints would change for a tenant.

    Raises:
        ConflictError: if a version is already published with different content.
        InvalidError: if a version is older than the newest.
    """
    published = blueprints.read_versions(session, tenant)
    return planned_changes(published, blueprints.get_newest(session, tenant), submitted)


def add_unpublished(
    session: Session, tenant: str, submitted: Sequence[Blueprint], by: str, now: datetime
) -> list[Blueprint]:
    """Store those of a tenant's blueprints that are not published yet, and return them.

    Raises:
        ConflictError: if a version is already published with different content.
        InvalidError: if a version is older than the newest.
    """
    blueprints.lock(session, tenant)
    new = unpublished(blueprints.read_versions(session, tenant), submitted)
    if new:
        blueprints.add(session, tenant, new, by, now)
    return new


def publish_edition(work: UnitOfWork, tenant: str) -> None:
    """Publish the list of a tenant's own blueprints, or of those that all tenants share."""
    work.publish(edition_message(tenant, blueprints.read_versions(work.session, tenant)))
    blueprint_editions.mark_as_published(work.session, tenant)


def load_shipped(session: Session) -> None:
    """Publish the shipped blueprints for all tenants, as far as they are new."""
    shipped = read_blueprints(blueprints.read_shipped_file())
    add_unpublished(session, SHARED_TENANT, shipped, "shipped", SHIPPED_AT)


def publish_pending_editions(session: Session) -> None:
    """Publish editions that no request has published: shipped blueprints, and older ones.

    Runs at every start; the row locks let one process at a time publish, each edition once.
    """
    transaction = Transaction(session, transaction_time(session))
    for tenant, edition in blueprint_editions.get_pending_for_update(session):
        id_ = named_id(STARTUP_NAMESPACE, f"{tenant}/{edition.hex()}")
        publish_edition(transaction.unit_of_work(Causation(id_, id_, tenant)), tenant)
    # The publisher sends them from the outbox once the process runs.
    transaction.finish(CommitContext(STARTUP_NAMESPACE))
