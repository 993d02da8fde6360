"""The store of blueprints. A tenant's own override those that all tenants share."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import Select, bindparam, select
from sqlalchemy.orm import Session

from services.provisioning.domain.blueprint.blueprint import Blueprint
from services.provisioning.domain.blueprint.publication import PublishedBlueprint, newest_versions
from services.provisioning.domain.plan.planner import Blueprints
from services.provisioning.tables import BlueprintEditionRow, BlueprintRow
from shared.persistence.bulk import insert_new_rows
from shared.persistence.pagination import Window, select_page
from shared.persistence.versioned_documents import SHARED_TENANT, VersionedDocuments

SHIPPED_FOLDER = Path(__file__).parents[1] / "data"
OF_TENANT = select(BlueprintRow.content).where(
    BlueprintRow.tenant == bindparam("tenant", type_=BlueprintRow.tenant.type)
)
COLUMNS = (
    *("tenant", "specification", "business_action", "version"),
    *("action", "content", "published_at", "published_by"),
)
PUBLISHED_COLUMNS: list[Any] = [
    *(BlueprintRow.tenant, BlueprintRow.content),
    *(BlueprintRow.published_at, BlueprintRow.published_by),
]
SORT_COLUMNS: list[Any] = [
    *(BlueprintRow.specification, BlueprintRow.business_action),
    *(BlueprintRow.tenant, BlueprintRow.version),
]
"""The sort order of the list."""


def read_versions(session: Session, tenant: str) -> list[Blueprint]:
    """Return all published versions of one tenant, or of those that all share."""
    return list(session.scalars(OF_TENANT, {"tenant": tenant}))


def read_newest(session: Session, tenant: str) -> Blueprints:
    """Return the newest versions of one tenant, or of those that all share."""
    return newest_versions(read_versions(session, tenant))


def overlay(shared: Blueprints, own: Blueprints) -> Blueprints:
    """Return a tenant's blueprints: its own, and the shared ones that it does not override."""
    return {**shared, **own}


BLUEPRINTS = VersionedDocuments(BlueprintEditionRow, read_newest, overlay)
get_newest = BLUEPRINTS.get
lock = BLUEPRINTS.lock


def find_page(session: Session, tenant: str, window: Window) -> list[PublishedBlueprint]:
    """Return a page of the versions of a tenant's own and of the shared blueprints."""
    columns: Select[Any] = select(*PUBLISHED_COLUMNS)
    query = columns.where(BlueprintRow.tenant.in_([SHARED_TENANT, tenant]))
    return [
        PublishedBlueprint(*row)
        for row in session.execute(select_page(query, SORT_COLUMNS, window))
    ]


def known_specifications(session: Session, tenant: str, name: str) -> set[str]:
    """Return the set of this specification if the tenant has a blueprint for it, else none."""
    query = select(BlueprintRow.specification).where(
        BlueprintRow.tenant.in_([SHARED_TENANT, tenant]), BlueprintRow.specification == name
    )
    return set(session.scalars(query.limit(1)))


def sort_key(published: PublishedBlueprint) -> list[str | int]:
    """Return the sort key of a blueprint in the list."""
    blueprint = published.blueprint
    return [blueprint.specification, blueprint.business_action, published.tenant, blueprint.version]


def add(
    session: Session, tenant: str, new: Sequence[Blueprint], by: str, published_at: datetime
) -> None:
    """Store new versions of a tenant, whose blueprints are locked, and set their edition."""
    rows = [
        (
            *(tenant, each.specification, each.business_action, each.version),
            *(each.tmf_action, each, published_at, by),
        )
        for each in new
    ]
    insert_new_rows(session, BlueprintRow, COLUMNS, rows)
    BLUEPRINTS.set_next_edition(session, tenant, [msgspec.json.encode(new)])


def read_shipped_files() -> tuple[bytes, bytes]:
    """Return the shipped blueprints and the fragments that they include, two JSON arrays."""
    blueprints, fragments = SHIPPED_FOLDER / "blueprints.json", SHIPPED_FOLDER / "fragments.json"
    return blueprints.read_bytes(), fragments.read_bytes()
