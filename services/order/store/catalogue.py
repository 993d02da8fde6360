"""Reads and writes the catalogue, with a cache of each edition.

A tenant sells the shared entries and its own; own entries replace shared ones of the
same id. Each tenant's part has an edition, which changes with every publication: to
compare editions costs one row, and a whole catalogue is read once per edition.
"""

import hashlib
from collections.abc import Iterable, Sequence
from typing import TypeAlias

import msgspec
from sqlalchemy import bindparam, func, select
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.orm import Session

from services.order.domain.catalogue.catalogue import (
    Catalogue,
    CatalogueEntry,
    Offering,
    Specification,
    overlay,
)
from services.order.domain.catalogue.eligibility import repair_validity
from services.order.tables import CatalogueEditionRow, CatalogueEntryRow
from shared.persistence.bulk import upsert_rows
from shared.persistence.statements import CompiledStatement

SHARED_TENANT = ""
"""The tenant of the entries that all tenants share."""

ENTRY_TYPES: dict[str, type[CatalogueEntry]] = {
    "offering": Offering,
    "specification": Specification,
}
Edition: TypeAlias = bytes
NO_EDITION: Edition = b""
CacheKey: TypeAlias = tuple[str, Edition, Edition]

TENANTS = bindparam("tenants", type_=ARRAY(CatalogueEditionRow.tenant.type))
EDITIONS = select(CatalogueEditionRow.tenant, CatalogueEditionRow.edition).where(
    CatalogueEditionRow.tenant == func.any(TENANTS)
)
CURRENT_EDITIONS = CompiledStatement(EDITIONS)
ENTRIES = select(CatalogueEntryRow.kind, CatalogueEntryRow.content).where(
    CatalogueEntryRow.tenant == bindparam("tenant", type_=CatalogueEntryRow.tenant.type)
)
MAX_CACHED = 64

_cache: dict[CacheKey, Catalogue] = {}
"""Catalogues by tenant, edition of the shared part and edition of its own part."""


def preload(session: Session, tenants: Iterable[str]) -> None:
    """Read the current editions of these tenants."""
    editions = _editions(session)
    missing = [tenant for tenant in {SHARED_TENANT, *tenants} if tenant not in editions]
    if missing:
        editions.update(dict.fromkeys(missing, NO_EDITION))
        for tenant, edition in CURRENT_EDITIONS.rows(session, {"tenants": missing}):
            editions[tenant] = edition


def get(session: Session, tenant: str) -> Catalogue:
    """Return the catalogue of a tenant."""
    preload(session, [tenant])
    editions = _editions(session)
    key = (tenant, editions[SHARED_TENANT], editions[tenant])
    if key not in _cache:
        if len(_cache) >= MAX_CACHED:
            _cache.clear()
        _cache[key] = overlay(read_uncached(session, SHARED_TENANT), read_uncached(session, tenant))
    return _cache[key]


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


def get_for_update(session: Session, tenant: str) -> tuple[Catalogue, Catalogue]:
    """Return the shared entries, and a tenant's own, which stay locked in this transaction."""
    new = insert(CatalogueEditionRow).values(tenant=tenant, edition=NO_EDITION)
    session.execute(new.on_conflict_do_nothing())
    session.execute(EDITIONS.with_for_update(), {"tenants": [tenant]})
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
        session, CatalogueEntryRow, ("tenant", "kind", "id", "version", "content"), rows, keys=4
    )
    ((_, before),) = CURRENT_EDITIONS.rows(session, {"tenants": [tenant]})
    digest = hashlib.blake2b(before, digest_size=16)
    for row in rows:
        digest.update(row[-1])
    upsert_rows(session, CatalogueEditionRow, ("tenant", "edition"), [(tenant, digest.digest())])
    session.info.pop("editions", None)


def _editions(session: Session) -> dict[str, Edition]:
    editions: dict[str, Edition] = session.info.setdefault("editions", {})
    return editions
