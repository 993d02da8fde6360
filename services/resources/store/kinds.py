"""The store of the kinds of resources: those of the release, and those that a tenant has published.

Only a kind that is not of the release is read from the database.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from types import MappingProxyType

import msgspec
from sqlalchemy import select, text, tuple_
from sqlalchemy.orm import Session

from services.resources.domain.pool.kind_publication import PublishedKind
from services.resources.domain.pool.kinds import NUMBER, KindKey, PoolKind
from services.resources.tables import PoolKindRow
from shared.persistence.bulk import insert_new_rows
from shared.persistence.statements import CompiledStatement

SHIPPED_FILE = Path(__file__).parents[1] / "data/pool_kinds.json"

LOCK = CompiledStatement(text("SELECT pg_advisory_xact_lock(hashtext(:name))"))
COLUMNS = ("tenant", "name", "content", "published_at", "published_by")


def read_shipped() -> Mapping[str, PoolKind]:
    """Return the kinds of the release, by name."""
    shipped = msgspec.json.decode(SHIPPED_FILE.read_bytes(), type=tuple[PoolKind, ...])
    return MappingProxyType({each.name: each for each in (NUMBER, *shipped)})


SHIPPED = read_shipped()


def find_all(session: Session, keys: Collection[KindKey]) -> dict[KindKey, PoolKind]:
    """Return those of these kinds that exist."""
    found = {key: SHIPPED[key[1]] for key in keys if key[1] in SHIPPED}
    if published := [key for key in keys if key[1] not in SHIPPED]:
        rows = session.execute(
            select(PoolKindRow.tenant, PoolKindRow.name, PoolKindRow.content).where(
                tuple_(PoolKindRow.tenant, PoolKindRow.name).in_(published)
            )
        )
        found |= {(tenant, name): kind for tenant, name, kind in rows}
    return found


def find(session: Session, tenant: str, name: str) -> PoolKind | None:
    """Return a kind; None if there is none of this name."""
    return find_all(session, [(tenant, name)]).get((tenant, name))


def find_published(session: Session, tenant: str, names: Iterable[str]) -> dict[str, PoolKind]:
    """Return those of these kinds that a tenant has published, by name."""
    return {
        name: kind
        for (_, name), kind in find_all(session, [(tenant, each) for each in names]).items()
        if name not in SHIPPED
    }


def read_published(session: Session, tenant: str) -> list[PublishedKind]:
    """Return all kinds that a tenant has published; they are few."""
    columns = (PoolKindRow.content, PoolKindRow.published_at, PoolKindRow.published_by)
    rows = session.execute(select(*columns).where(PoolKindRow.tenant == tenant))
    return [PublishedKind(*row) for row in rows]


def read_names(session: Session, tenant: str) -> list[str]:
    """Return the names of the kinds that a tenant has published."""
    return list(session.scalars(select(PoolKindRow.name).where(PoolKindRow.tenant == tenant)))


def read_tenants(session: Session) -> list[str]:
    """Return the tenants that have published kinds, sorted."""
    return sorted(session.scalars(select(PoolKindRow.tenant).distinct()))


def lock(session: Session, tenant: str) -> None:
    """Lock the kinds of a tenant until the transaction ends."""
    LOCK.run(session, {"name": f"pool_kinds.{tenant}"})


def add(session: Session, tenant: str, new: Sequence[PoolKind], by: str, now: datetime) -> None:
    """Store kinds that a tenant publishes."""
    rows = [(tenant, each.name, each, now, by) for each in new]
    insert_new_rows(session, PoolKindRow, COLUMNS, rows)
