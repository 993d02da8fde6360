"""Plant names, found in any spelling."""

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import InstrumentedAttribute, Session

from services.resources.domain.plant.spelling import PlantNameKind
from services.resources.tables import ExchangeRow, SplitterRow
from shared.input.equipment_names import fold_name
from shared.persistence.folded_name import folded_name

NAME_COLUMNS: Mapping[PlantNameKind, InstrumentedAttribute[str]] = {
    PlantNameKind.EXCHANGE: ExchangeRow.id,
    PlantNameKind.SPLITTER: SplitterRow.id,
    PlantNameKind.OLT: SplitterRow.olt,
}


def known_spellings(
    session: Session, tenant: str, requested: Mapping[PlantNameKind, set[str]]
) -> Iterator[tuple[PlantNameKind, str]]:
    """Yield the existing names that are spellings of these."""
    for kind, names in requested.items():
        if names:
            column = NAME_COLUMNS[kind]
            is_spelling = folded_name(column).in_({fold_name(each) for each in names})
            is_of_tenant: Any = column.class_.tenant == tenant
            for name in session.scalars(select(column).where(is_of_tenant, is_spelling).distinct()):
                yield kind, name


def canonical_plant_name(session: Session, tenant: str, name: str) -> str:
    """Return the stored spelling of an exchange or splitter; the name itself if unknown."""
    for kind in (PlantNameKind.EXCHANGE, PlantNameKind.SPLITTER):
        column = NAME_COLUMNS[kind]
        is_of_tenant: Any = column.class_.tenant == tenant
        for condition in (column == name, folded_name(column) == fold_name(name)):
            known = session.scalars(select(column).where(is_of_tenant, condition).limit(1)).first()
            if known is not None:
                return str(known)
    return name
