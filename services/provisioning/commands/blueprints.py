"""The publication of blueprints, by the API and at a start of the service."""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy.orm import Session

from services.provisioning.domain.blueprint.blueprint import Blueprint
from services.provisioning.domain.blueprint.expansion import ExpandedBlueprint
from services.provisioning.domain.blueprint.fragments import BlueprintPublication
from services.provisioning.domain.blueprint.publication import (
    BlueprintPublicationResult,
    PublishedBlueprint,
    edition_message,
    planned_changes,
    publication_warnings,
    unpublished,
)
from services.provisioning.domain.blueprint.reading import read_blueprints
from services.provisioning.domain.blueprint.validation import Capabilities, validated
from services.provisioning.store import blueprint_editions, blueprints, elements, pool_kinds
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
    publication: BlueprintPublication, by: str, work: UnitOfWork
) -> list[BlueprintPublicationResult]:
    """Publish blueprints for the caller's tenant, with their fragments in their places.

    Raises:
        ConflictError: if versions are already published with different content.
        InvalidError: if one has a fault, or a version is older than the newest.
    """
    known = pool_kinds.get_known(work.session, work.tenant)
    sent = [each.blueprint for each in validate_for_tenant(work.session, work.tenant, publication)]
    new = add_unpublished(work.session, work.tenant, sent, by, work.now, root=publication.root)
    for each in new:
        name = each.display_name
        work.record_change("blueprint", name, "", "published", part=str(each.version))
        work.audit("blueprint.publish", f"{name}/{each.version}")
    if new:
        publish_edition(work, work.tenant)
    newest = blueprints.get_newest(work.session, work.tenant)
    return [
        BlueprintPublicationResult(
            PublishedBlueprint(work.tenant, each, work.now, by),
            "; ".join(publication_warnings(each, newest, known)),
        )
        for each in sent
    ]


def plan_for_tenant(
    session: Session, tenant: str, publication: BlueprintPublication
) -> list[PlannedChange]:
    """Return what the publication of blueprints would change for a tenant.

    Raises:
        ConflictError: if versions are already published with different content.
        InvalidError: if one has a fault, or a version is older than the newest.
    """
    sent = validate_for_tenant(session, tenant, publication)
    published = blueprints.read_versions(session, tenant)
    unpublished(published, [each.blueprint for each in sent], publication.root)
    newest = blueprints.get_newest(session, tenant)
    return planned_changes(published, newest, sent, pool_kinds.get_known(session, tenant))


def validate_for_tenant(
    session: Session, tenant: str, publication: BlueprintPublication
) -> tuple[ExpandedBlueprint, ...]:
    """Return the expanded blueprints; those that the tenant has published are not validated again.

    Raises:
        InvalidError: with all faults of the publication.
    """
    capabilities = Capabilities(elements.OPERATIONS, pool_kinds.get_known(session, tenant))
    return validated(publication, capabilities, blueprints.read_versions(session, tenant))


def add_unpublished(  # noqa: PLR0913  each is a property of the publication
    session: Session,
    tenant: str,
    submitted: Sequence[Blueprint],
    by: str,
    now: datetime,
    *,
    root: str = "",
) -> list[Blueprint]:
    """Store those of a tenant's blueprints that are not published yet, and return them.

    `root` is the JSON pointer to them in the publication.

    Raises:
        ConflictError: if versions are already published with different content.
        InvalidError: if a version is older than the newest.
    """
    blueprints.lock(session, tenant)
    new = unpublished(blueprints.read_versions(session, tenant), submitted, root)
    if new:
        blueprints.add(session, tenant, new, by, now)
    return new


def publish_edition(work: UnitOfWork, tenant: str) -> None:
    """Publish the list of a tenant's own blueprints, or of those that all tenants share."""
    work.publish(edition_message(tenant, blueprints.read_versions(work.session, tenant)))
    blueprint_editions.mark_as_published(work.session, tenant)


def load_shipped(session: Session) -> None:
    """Publish the shipped blueprints for all tenants, as far as they are new."""
    shipped = read_blueprints(*blueprints.read_shipped_files(), Capabilities(elements.OPERATIONS))
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
