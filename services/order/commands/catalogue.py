"""Publish entries of the catalogue: on request of the API, and the shipped ones at the start."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec
from sqlalchemy.orm import Session

from services.order import store
from services.order.domain.catalogue.catalogue import Catalogue, CatalogueEntry
from services.order.domain.catalogue.deliverability import (
    deliverability_warnings,
    missing_blueprint_names,
)
from services.order.domain.catalogue.publication import (
    Publication,
    entry_version_text,
    planned_changes,
    publish,
)
from shared.errors import Fault, InvalidError, StartError
from shared.messaging.unit_of_work import UnitOfWork
from shared.persistence.versioned_documents import SHARED_TENANT
from shared.planned_changes import PlannedChange

SHIPPED_FILE = Path(__file__).parents[1] / "data/catalogue.json"


class PublicationResult(NamedTuple):
    """What a publication has changed, and what was published although something is missing."""

    changed: Sequence[CatalogueEntry]
    """The entries that are new or different."""

    warnings: Sequence[Fault]


def publish_for_tenant(
    tenant: str, publication: Publication, work: UnitOfWork
) -> PublicationResult:
    """Apply a publication to a tenant's catalogue.

    Raises:
        InvalidError: if it contradicts itself or the catalogue, or cannot be delivered.
    """
    shared, own = store.catalogue.get_for_update(work.session, tenant)
    return publish_over(shared, own, tenant, publication, work)


def publish_over(
    shared: Catalogue, own: Catalogue, tenant: str, publication: Publication, work: UnitOfWork
) -> PublicationResult:
    """Apply a publication to a tenant's catalogue, which this transaction has read and locked.

    Raises:
        InvalidError: if it contradicts itself or the catalogue, or cannot be delivered.
    """
    entries = publish(shared, own, publication)
    warnings = deliverability_warnings(
        publication, store.blueprints.get_available(work.session, tenant)
    )
    store.catalogue.put(work.session, tenant, entries)
    for entry in entries:
        work.record_change("catalogue", entry_version_text(entry), "", entry.state)
        work.audit("catalogue.publish", entry_version_text(entry))
    return PublicationResult(entries, warnings)


def plan_for_tenant(session: Session, tenant: str, publication: Publication) -> list[PlannedChange]:
    """Return what a publication would change in a tenant's catalogue.

    Raises:
        InvalidError: if it contradicts itself or the catalogue.
    """
    shared = store.catalogue.read_uncached(session, SHARED_TENANT)
    own = store.catalogue.read_uncached(session, tenant)
    available = store.blueprints.get_available(session, tenant)
    missing = missing_blueprint_names(publication, available)
    return planned_changes(shared, own, publication, missing)


def load_shipped_catalogue(session: Session) -> None:
    """Publish the shipped catalogue for all tenants, as far as it is new.

    Raises:
        StartError: if it contradicts the stored catalogue.
    """
    publication = msgspec.json.decode(SHIPPED_FILE.read_bytes(), type=Publication)
    shared, own = store.catalogue.get_for_update(session, SHARED_TENANT)
    try:
        entries = publish(shared, own, publication)
    except InvalidError as error:
        msg = "\n".join(
            f"{SHIPPED_FILE.name}{fault.field}: {fault.reason}; {fault.remedy}"
            for fault in error.faults
        )
        raise StartError(msg) from error
    store.catalogue.put(session, SHARED_TENANT, entries)
