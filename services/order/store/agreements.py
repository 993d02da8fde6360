"""Reads and writes agreements with customers."""

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from services.order.domain.catalogue.agreements import Agreement
from services.order.tables import AgreementRow
from shared.persistence.bulk import upsert_rows
from shared.persistence.pagination import Window, select_page

COLUMNS = [getattr(AgreementRow, name) for name in Agreement.__dataclass_fields__]
BY_ID = select(*COLUMNS).where(
    AgreementRow.tenant == bindparam("tenant"), AgreementRow.id == bindparam("id")
)


def find(session: Session, tenant: str, id_: str) -> Agreement | None:
    """Return an agreement of a tenant; None if there is none of this id."""
    row = session.execute(BY_ID, {"tenant": tenant, "id": id_}).one_or_none()
    return Agreement(*row) if row else None


def find_page(
    session: Session, tenant: str, party_id: str | None, window: Window
) -> list[Agreement]:
    """Return a tenant's agreements, or those of one customer, sorted by id."""
    found = select(*COLUMNS).where(AgreementRow.tenant == tenant)
    if party_id is not None:
        found = found.where(AgreementRow.party_id == party_id)
    rows = session.execute(select_page(found, [AgreementRow.id], window))
    return [Agreement(*row) for row in rows]


def put(session: Session, tenant: str, agreement: Agreement) -> None:
    """Write an agreement."""
    row = (
        *(tenant, agreement.id, agreement.terms.customer),
        *(agreement.changed_at, agreement.changed_by, agreement.terms),
    )
    names = ("tenant", "id", "party_id", "changed_at", "changed_by", "terms")
    upsert_rows(session, AgreementRow, names, [row], key_length=2)
