"""The catalogue, from rows and to rows; what was read is kept until it is another.

A tenant sells what all share and what is its own; own entries stand before shared
ones of the same id. Each tenant's part has an edition, which changes with whatever
is published: comparing editions costs a row, a whole catalogue is read once for each.
"""

import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path
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
from services.order.domain.catalogue.publication import Publication, publish
from services.order.tables import CatalogueEditionRow, CatalogueEntryRow
from shared.errors import InvalidError, StartError
from shared.persistence.bulk import upsert_rows
from shared.persistence.statements import CompiledStatement

SHIPPED_FILE = Path(__file__).parents[1] / "data/catalogue.json"
SHARED_TENANT = ""
"""The tenant of what all tenants share."""

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
"""Catalogues by tenant, edition of the shared part and edition of its own."""


def preload(session: Session, tenants: Iterable[str]) -> None:
    """Read which editions are valid for these tenants."""
    known = _editions(session)
    missing = [tenant for tenant in {SHARED_TENANT, *tenants} if tenant not in known]
    if missing:
        known.update(dict.fromkeys(missing, NO_EDITION))
        for tenant, edition in CURRENT_EDITIONS.rows(session, {"tenants": missing}):
            known[tenant] = edition


def get(session: Session, tenant: str) -> Catalogue:
    """Return what a tenant sells."""
    preload(session, [tenant])
    editions = _editions(session)
    name = (tenant, editions[SHARED_TENANT], editions[tenant])
    if name not in _cache:
        if len(_cache) >= MAX_CACHED:
            _cache.clear()
        _cache[name] = overlay(
            read_uncached(session, SHARED_TENANT), read_uncached(session, tenant)
        )
    return _cache[name]


def read_uncached(session: Session, tenant: str) -> Catalogue:
    """Return what was published for one tenant, or what all share."""
    entries = [
        repair_validity(msgspec.json.decode(content, type=ENTRY_TYPES[kind]))
        for kind, content in session.execute(ENTRIES, {"tenant": tenant})
    ]
    return Catalogue.of(
        [each for each in entries if isinstance(each, Specification)],
        [each for each in entries if isinstance(each, Offering)],
    )


def get_for_update(session: Session, tenant: str) -> tuple[Catalogue, Catalogue]:
    """Return what all share and a tenant's own, which nobody else changes until the end."""
    new = insert(CatalogueEditionRow).values(tenant=tenant, edition=NO_EDITION)
    session.execute(new.on_conflict_do_nothing())
    session.execute(EDITIONS.with_for_update(), {"tenants": [tenant]})
    return read_uncached(session, SHARED_TENANT), read_uncached(session, tenant)


def put(session: Session, tenant: str, entries: Sequence[CatalogueEntry]) -> None:
    """Write entries into the catalogue that is locked, and name its new edition."""
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


def load_shipped_catalogue(session: Session) -> None:
    """Publish for all tenants what the service is shipped with, as far as it is new.

    Raises:
        StartError: it contradicts what is there.
    """
    publication = msgspec.json.decode(SHIPPED_FILE.read_bytes(), type=Publication)
    shared, own = get_for_update(session, SHARED_TENANT)
    try:
        put(session, SHARED_TENANT, publish(shared, own, publication))
    except InvalidError as error:
        msg = "\n".join(
            f"{SHIPPED_FILE.name}{fault.field}: {fault.reason}; {fault.remedy}"
            for fault in error.faults
        )
        raise StartError(msg) from error


def _editions(session: Session) -> dict[str, Edition]:
    editions: dict[str, Edition] = session.info.setdefault("editions", {})
    return editions
