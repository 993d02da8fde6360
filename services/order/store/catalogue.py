"""Reads and writes the catalogue.

A tenant sells the shared entries and its own; own entries replace shared ones of the
same id.
"""

from collections.abc import Sequence

import msgspec
from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from services.order.domain.catalogue.catalogue import (
    Catalogue,
    CatalogueEntry,
    Offering,
    Specification,
)
from services.order.domain.catalogue.eligibility import repair_validity
from services.order.domain.catalogue.tenant_catalogue import overlay
from services.order.tables import CatalogueEditionRow, CatalogueEntryRow
from shared.persistence.bulk import upsert_rows
from shared.persistence.versioned_documents import SHARED_TENANT, VersionedDocuments

ENTRY_TYPES: dict[str, type[CatalogueEntry]] = {
    "offering": Offering,
    "specification": Specification,
}
ENTRIES = select(CatalogueEntryRow.kind, CatalogueEntryRow.content).where(
    CatalogueEntryRow.tenant == bindparam("tenant", type_=CatalogueEntryRow.tenant.type)
)


def read_uncached(session: Session, tenant: str) -> Catalogue:
    """Return the entries of one tenant, or the shared ones, from the rows."""
    entries = [
        repair_validity(msgspec.json.decode(content, type=ENTRY_TYPES[kind]))
        for kind, content in session.execute(ENTRIES, {"tenant": tenant})
    ]
    return Catalogue.of(
        [each for each in entries if isinstance(each, Specification)],
        [each for each in entries if isinstance(each, Offering)],
    )


CATALOGUES = VersionedDocuments(CatalogueEditionRow, read_uncached, overlay)
preload = CATALOGUES.preload
get = CATALOGUES.get


def get_for_update(session: Session, tenant: str) -> tuple[Catalogue, Catalogue]:
    """Return the shared entries, and a tenant's own, which stay locked in this transaction."""
    CATALOGUES.lock(session, tenant)
    return read_uncached(session, SHARED_TENANT), read_uncached(session, tenant)


def put(session: Session, tenant: str, entries: Sequence[CatalogueEntry]) -> None:
    """Write entries into the locked catalogue of a tenant, and set its new edition."""
    if not entries:
        return
    kinds = {kind: name for name, kind in ENTRY_TYPES.items()}
    rows = [
        (tenant, kinds[type(each)], each.id, each.version, msgspec.json.encode(each))
        for each in entries
    ]
    upsert_rows(
        session,
        CatalogueEntryRow,
        ("tenant", "kind", "id", "version", "content"),
        rows,
        key_length=4,
    )
    CATALOGUES.set_next_edition(session, tenant, [row[-1] for row in rows])
