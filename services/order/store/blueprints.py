"""The blueprints that provisioning has published."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.order.domain.catalogue.deliverability import AvailableBlueprints
from services.order.tables import BlueprintsRow
from shared.contracts import BlueprintName
from shared.contracts.business_actions import business_action_name
from shared.persistence.bulk import upsert_rows
from shared.persistence.versioned_documents import SHARED_TENANT


def replace_for_tenant(
    session: Session, tenant: str, blueprints: tuple[BlueprintName, ...]
) -> None:
    """Store the blueprints of one tenant; they replace those stored before."""
    upsert_rows(session, BlueprintsRow, ("tenant", "blueprints"), [(tenant, blueprints)])


def get_available(session: Session, tenant: str) -> AvailableBlueprints | None:
    """Return the blueprints of a tenant; None if provisioning has not published any yet.

    They are read once in a transaction.
    """
    read: dict[str, AvailableBlueprints | None] = session.info.setdefault("blueprints", {})
    if tenant not in read:
        read[tenant] = _available(session, tenant)
    return read[tenant]


def _available(session: Session, tenant: str) -> AvailableBlueprints | None:
    tenants = BlueprintsRow.tenant.in_([SHARED_TENANT, tenant])
    rows = session.scalars(select(BlueprintsRow.blueprints).where(tenants)).all()
    if not rows:
        return None
    return frozenset(
        (each.specification, business_action_name(each)) for row in rows for each in row
    )
