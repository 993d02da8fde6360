"""The store of the editions of blueprints.

An edition is a digest of one tenant's blueprints, or of those that all tenants share; it
changes with every publication.
"""

from typing import NamedTuple

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.provisioning.domain.blueprint.publication import Edition
from services.provisioning.tables import BlueprintEditionRow
from shared.persistence.bulk import upsert_rows
from shared.persistence.statements import CompiledStatement

NO_EDITION: Edition = b""
SESSION_KEY = "blueprint-editions"
EDITIONS = CompiledStatement(select(BlueprintEditionRow.tenant, BlueprintEditionRow.edition))
PENDING_FOR_UPDATE = (
    select(BlueprintEditionRow.tenant, BlueprintEditionRow.edition)
    .where(BlueprintEditionRow.told != BlueprintEditionRow.edition)
    .order_by(BlueprintEditionRow.tenant)
    .with_for_update()
)


class PendingEdition(NamedTuple):
    """An edition that is not published to the other services yet."""

    tenant: str
    edition: Edition


def read_editions(session: Session) -> dict[str, Edition]:
    """Return the current edition of each tenant, read once per transaction."""
    editions: dict[str, Edition] | None = session.info.get(SESSION_KEY)
    if editions is None:
        editions = session.info[SESSION_KEY] = dict(EDITIONS.rows(session))
    return editions


def get_for_update(session: Session, tenant: str) -> Edition:
    """Return a tenant's edition, locked until the transaction ends."""
    new = insert(BlueprintEditionRow).values(tenant=tenant, edition=NO_EDITION)
    session.execute(new.on_conflict_do_nothing())
    query = select(BlueprintEditionRow.edition).where(BlueprintEditionRow.tenant == tenant)
    return session.scalars(query.with_for_update()).one()


def put(session: Session, tenant: str, edition: Edition) -> None:
    """Store a tenant's new edition."""
    upsert_rows(session, BlueprintEditionRow, ("tenant", "edition"), [(tenant, edition)])
    session.info.pop(SESSION_KEY, None)


def get_pending_for_update(session: Session) -> list[PendingEdition]:
    """Return the editions that are not published yet, locked until the transaction ends."""
    return [PendingEdition(*row) for row in session.execute(PENDING_FOR_UPDATE)]


def mark_as_published(session: Session, tenant: str) -> None:
    """Store that a tenant's edition is published."""
    statement = update(BlueprintEditionRow).where(BlueprintEditionRow.tenant == tenant)
    session.execute(statement.values(told=BlueprintEditionRow.edition))
