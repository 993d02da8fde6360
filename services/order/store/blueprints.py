"""What provisioning can carry out, as it has told."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.order.domain.catalogue.deliverability import AvailableBlueprints
from services.order.store.catalogue import SHARED_TENANT
from services.order.tables import BlueprintsRow
from shared.contracts import BlueprintsPublished
from shared.persistence.bulk import upsert_rows


def upsert(session: Session, told: BlueprintsPublished) -> None:
    """Keep what was told last of one tenant."""
    row = (told.owner_tenant, told.blueprints)
    upsert_rows(session, BlueprintsRow, ("tenant", "blueprints"), [row])


def get_available(session: Session, tenant: str) -> AvailableBlueprints | None:
    """Return what can be carried out for a tenant; None if provisioning has not told yet."""
    told = select(BlueprintsRow.blueprints).where(BlueprintsRow.tenant.in_([SHARED_TENANT, tenant]))
    rows = session.scalars(told).all()
    if not rows:
        return None
    return frozenset((each.specification, each.action) for row in rows for each in row)
