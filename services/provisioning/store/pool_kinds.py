"""The kinds of resources that the resource service has published."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.provisioning.domain.blueprint.kind_validation import KnownKinds
from services.provisioning.tables import KnownPoolKindsRow
from shared.persistence.bulk import upsert_rows
from shared.persistence.versioned_documents import SHARED_TENANT


def replace_for_tenant(session: Session, tenant: str, kinds: Sequence[str]) -> None:
    """Store the kinds of one tenant, or of the release; they replace those stored before."""
    upsert_rows(session, KnownPoolKindsRow, ("tenant", "kinds"), [(tenant, tuple(kinds))])


def get_known(session: Session, tenant: str) -> KnownKinds:
    """Return the kinds that a tenant can use, as far as they are known."""
    tenants = KnownPoolKindsRow.tenant.in_([SHARED_TENANT, tenant])
    rows = session.execute(select(KnownPoolKindsRow.tenant, KnownPoolKindsRow.kinds).where(tenants))
    found = {owner: frozenset(kinds) for owner, kinds in rows}
    return KnownKinds(found.get(SHARED_TENANT), found.get(tenant, frozenset()))
