"""The editions of blueprints that are not published to the other services yet."""

from typing import NamedTuple

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from services.provisioning.tables import BlueprintEditionRow
from shared.persistence.versioned_documents import Edition

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


def get_pending_for_update(session: Session) -> list[PendingEdition]:
    """Return the editions that are not published yet, locked until the transaction ends."""
    return [PendingEdition(*row) for row in session.execute(PENDING_FOR_UPDATE)]


def mark_as_published(session: Session, tenant: str) -> None:
    """Store that a tenant's edition is published."""
    statement = update(BlueprintEditionRow).where(BlueprintEditionRow.tenant == tenant)
    session.execute(statement.values(told=BlueprintEditionRow.edition))
