"""Blueprints, from rows and to rows; what was read is kept until it is another.

A tenant's own blueprints stand before those that all tenants share. Each tenant's
part has an edition, which changes with whatever is published: comparing editions
costs a few rows a batch, the blueprints are read once for each.
"""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeAlias

import msgspec
from sqlalchemy import Select, bindparam, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.provisioning.domain.blueprint.blueprint import Blueprint
from services.provisioning.domain.blueprint.publication import (
    PublishedBlueprint,
    newest_versions,
    unpublished,
)
from services.provisioning.domain.blueprint.validation import read_blueprints
from services.provisioning.domain.plan.planner import Blueprints
from services.provisioning.tables import BlueprintEditionRow, BlueprintRow
from shared.persistence.bulk import insert_rows, upsert_rows
from shared.persistence.list_window import Window, select_page
from shared.persistence.statements import CompiledStatement

SHIPPED_FILE = Path(__file__).parents[1] / "data/blueprints.json"
SHARED_TENANT = ""
"""The tenant of what all tenants share."""

SHIPPED_AT = datetime(2000, 1, 1, tzinfo=UTC)
"""When what is shipped was published: before anything else."""

Edition: TypeAlias = bytes
NO_EDITION: Edition = b""
SESSION_KEY = "blueprint-editions"
EDITIONS = CompiledStatement(select(BlueprintEditionRow.tenant, BlueprintEditionRow.edition))
OF_TENANT = select(BlueprintRow.content).where(
    BlueprintRow.tenant == bindparam("tenant", type_=BlueprintRow.tenant.type)
)
COLUMNS = (
    *("tenant", "specification", "action", "version"),
    *("content", "published_at", "published_by"),
)
PUBLISHED_COLUMNS: list[Any] = [
    *(BlueprintRow.tenant, BlueprintRow.content),
    *(BlueprintRow.published_at, BlueprintRow.published_by),
]
SORT_COLUMNS: list[Any] = [
    *(BlueprintRow.specification, BlueprintRow.action),
    *(BlueprintRow.tenant, BlueprintRow.version),
]
"""In whose order they are listed."""

MAX_CACHED = 64
"""Tenants whose blueprints are kept in memory."""

_cache: dict[tuple[str, Edition, Edition], Blueprints] = {}
"""By tenant, edition of what is shared and edition of its own."""


def get_newest(session: Session, tenant: str) -> Blueprints:
    """Return the newest blueprints of a tenant."""
    editions = _editions(session)
    name = (tenant, editions.get(SHARED_TENANT, NO_EDITION), editions.get(tenant, NO_EDITION))
    if name not in _cache:
        if len(_cache) >= MAX_CACHED:
            _cache.clear()
        shared, own = (
            newest_versions(read_versions(session, each)) for each in (SHARED_TENANT, tenant)
        )
        _cache[name] = {**shared, **own}
    return _cache[name]


def find_published(session: Session, tenant: str, rows: Window) -> list[PublishedBlueprint]:
    """Return versions of the blueprints that a tenant's plans were ever drawn from."""
    these: Select[Any] = select(*PUBLISHED_COLUMNS)
    mine = these.where(BlueprintRow.tenant.in_([SHARED_TENANT, tenant]))
    return [
        PublishedBlueprint(*row) for row in session.execute(select_page(mine, SORT_COLUMNS, rows))
    ]


def known_specifications(session: Session, tenant: str, name: str) -> set[str]:
    """Return this specification if a tenant's plans were ever drawn for it, and nothing else."""
    named = select(BlueprintRow.specification).where(
        BlueprintRow.tenant.in_([SHARED_TENANT, tenant]), BlueprintRow.specification == name
    )
    return set(session.scalars(named.limit(1)))


def sort_key(published: PublishedBlueprint) -> list[str | int]:
    """Return the keys of a blueprint in the list."""
    blueprint = published.blueprint
    return [blueprint.specification, blueprint.action, published.tenant, blueprint.version]


def publish(
    session: Session, tenant: str, blueprints: Sequence[Blueprint], by: str, now: datetime
) -> list[Blueprint]:
    """Publish blueprints for a tenant, and return those that were not published already.

    Raises:
        ConflictError: if a version is published already and says something else.
        InvalidError: if a version is older than the newest.
    """
    before = _lock(session, tenant)
    if new := unpublished(read_versions(session, tenant), blueprints):
        rows = [
            (tenant, each.specification, each.action, each.version, each, now, by) for each in new
        ]
        insert_rows(session, BlueprintRow, COLUMNS, rows)
        content = msgspec.json.encode(new)
        edition = hashlib.blake2b(before + content, digest_size=16).digest()
        upsert_rows(session, BlueprintEditionRow, ("tenant", "edition"), [(tenant, edition)])
        session.info.pop(SESSION_KEY, None)
    return new


def load_shipped(session: Session) -> None:
    """Publish for all tenants what the service is shipped with, as far as it is new."""
    publish(
        session, SHARED_TENANT, read_blueprints(SHIPPED_FILE.read_bytes()), "shipped", SHIPPED_AT
    )


def _editions(session: Session) -> dict[str, Edition]:
    """Return the editions that are valid now, read once in a transaction."""
    editions: dict[str, Edition] | None = session.info.get(SESSION_KEY)
    if editions is None:
        editions = session.info[SESSION_KEY] = dict(EDITIONS.rows(session))
    return editions


def _lock(session: Session, tenant: str) -> Edition:
    """Return a tenant's edition, which nobody else changes until the transaction ends."""
    new = insert(BlueprintEditionRow).values(tenant=tenant, edition=NO_EDITION)
    session.execute(new.on_conflict_do_nothing())
    mine = select(BlueprintEditionRow.edition).where(BlueprintEditionRow.tenant == tenant)
    return session.scalars(mine.with_for_update()).one()


def read_versions(session: Session, tenant: str) -> list[Blueprint]:
    """Return all versions that were published for one tenant, or that all share."""
    return list(session.scalars(OF_TENANT, {"tenant": tenant}))
