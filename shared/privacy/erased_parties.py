"""Parties whose personal data were erased; kept without end, for files and backups with them."""

from collections.abc import Mapping
from datetime import datetime
from typing import TypeAlias

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from shared.persistence.database import Base, Instant

ErasedParties: TypeAlias = Mapping[tuple[str, str], datetime]
"""By tenant and party id: messages published until this time must be blank."""


class ErasedPartyRow(Base):
    """A party that was erased. Its id reveals nothing about a person."""

    __tablename__ = "forgotten"

    tenant: Mapped[str] = mapped_column(primary_key=True)
    party_id: Mapped[str] = mapped_column(primary_key=True)
    until: Mapped[datetime] = mapped_column(Instant)


INSERT = insert(ErasedPartyRow)
UPSERT = INSERT.on_conflict_do_update(
    index_elements=["tenant", "party_id"],
    set_={"until": func.greatest(ErasedPartyRow.until, INSERT.excluded.until)},
)


def add_erased_party(session: Session, tenant: str, party_id: str, until: datetime) -> None:
    """Store that a party was erased; of two erasures the later one counts."""
    session.execute(UPSERT, {"tenant": tenant, "party_id": party_id, "until": until})


def all_erased_parties(session: Session) -> ErasedParties:
    """Return all erased parties."""
    rows = session.execute(
        select(ErasedPartyRow.tenant, ErasedPartyRow.party_id, ErasedPartyRow.until)
    )
    return {(tenant, party_id): until for tenant, party_id, until in rows}
