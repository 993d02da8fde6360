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

from services.order.domain.catalogue import (
    Catalogue,
    Entry,
    Offering,
    Specification,
    overlay,
)
from services.order.domain.eligibility import repaired
from services.order.domain.publication import Publication, publish
from services.order.tables import EditionRow, EntryRow
from shared.errors import InvalidError, StartError
from shared.persistence.bulk import upsert_rows
from shared.persistence.statements import Prepared

SHIPPED = Path(__file__).parents[1] / "data/catalogue.json"
SHARED = ""
"""The tenant of what all tenants share."""

KINDS: dict[str, type[Entry]] = {"offering": Offering, "specification": Specification}
Edition: TypeAlias = bytes
NOTHING: Edition = b""
Kept: TypeAlias = tuple[str, Edition, Edition]

TENANTS = bindparam("tenants", type_=ARRAY(EditionRow.tenant.type))
EDITIONS = select(EditionRow.tenant, EditionRow.edition).where(
    EditionRow.tenant == func.any(TENANTS)
)
VALID = Prepared(EDITIONS)
ENTRIES = select(EntryRow.kind, EntryRow.content).where(
    EntryRow.tenant == bindparam("tenant", type_=EntryRow.tenant.type)
)
MOST_KEPT = 64

_kept: dict[Kept, Catalogue] = {}
"""Catalogues by tenant, edition of the shared part and edition of its own."""


def preload(session: Session, tenants: Iterable[str]) -> None:
    """Read which editions are valid for these tenants."""
    known = _editions(session)
    missing = [tenant for tenant in {SHARED, *tenants} if tenant not in known]
    if missing:
        known.update(dict.fromkeys(missing, NOTHING))
        for tenant, edition in VALID.rows(session, {"tenants": missing}):
            known[tenant] = edition


def get(session: Session, tenant: str) -> Catalogue:
    """Return what a tenant sells."""
    preload(session, [tenant])
    editions = _editions(session)
    name = (tenant, editions[SHARED], editions[tenant])
    if name not in _kept:
        if len(_kept) >= MOST_KEPT:
            _kept.clear()
        _kept[name] = overlay(read(session, SHARED), read(session, tenant))
    return _kept[name]


def read(session: Session, tenant: str) -> Catalogue:
    """Return what was published for one tenant, or what all share."""
    entries = [
        repaired(msgspec.json.decode(content, type=KINDS[kind]))
        for kind, content in session.execute(ENTRIES, {"tenant": tenant})
    ]
    return Catalogue.of(
        [each for each in entries if isinstance(each, Specification)],
        [each for each in entries if isinstance(each, Offering)],
    )


def lock(session: Session, tenant: str) -> tuple[Catalogue, Catalogue]:
    """Return what all share and a tenant's own, which nobody else changes until the end."""
    new = insert(EditionRow).values(tenant=tenant, edition=NOTHING)
    session.execute(new.on_conflict_do_nothing())
    session.execute(EDITIONS.with_for_update(), {"tenants": [tenant]})
    return read(session, SHARED), read(session, tenant)


def put(session: Session, tenant: str, entries: Sequence[Entry]) -> None:
    """Write entries into the catalogue that is locked, and name its new edition."""
    if not entries:
        return
    kinds = {kind: name for name, kind in KINDS.items()}
    rows = [
        (tenant, kinds[type(each)], each.id, each.version, msgspec.json.encode(each))
        for each in entries
    ]
    upsert_rows(session, EntryRow, ("tenant", "kind", "id", "version", "content"), rows, keys=4)
    ((_, before),) = VALID.rows(session, {"tenants": [tenant]})
    digest = hashlib.blake2b(before, digest_size=16)
    for row in rows:
        digest.update(row[-1])
    upsert_rows(session, EditionRow, ("tenant", "edition"), [(tenant, digest.digest())])
    session.info.pop("editions", None)


def load_shipped(session: Session) -> None:
    """Publish for all tenants what the service is shipped with, as far as it is new.

    Raises:
        StartError: it contradicts what is there.
    """
    publication = msgspec.json.decode(SHIPPED.read_bytes(), type=Publication)
    shared, own = lock(session, SHARED)
    try:
        put(session, SHARED, publish(shared, own, publication))
    except InvalidError as error:
        msg = "\n".join(
            f"{SHIPPED.name}{fault.field}: {fault.reason}; {fault.remedy}" for fault in error.faults
        )
        raise StartError(msg) from error


def _editions(session: Session) -> dict[str, Edition]:
    editions: dict[str, Edition] = session.info.setdefault("editions", {})
    return editions
