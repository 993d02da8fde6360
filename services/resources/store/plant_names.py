"""Finding the plant by its names, however they are spelled."""

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import InstrumentedAttribute, Session

from services.resources.domain.plant.spelling import PlantNameKind
from services.resources.tables import ExchangeRow, SplitterRow
from shared.input.equipment_names import fold_name
from shared.persistence.name_folding import folded_name

NAME_COLUMNS: Mapping[PlantNameKind, InstrumentedAttribute[str]] = {
    PlantNameKind.EXCHANGE: ExchangeRow.id,
    PlantNameKind.SPLITTER: SplitterRow.id,
    PlantNameKind.OLT: SplitterRow.olt,
}


def known_spellings(
    session: Session, tenant: str, named: Mapping[PlantNameKind, set[str]]
) -> Iterator[tuple[PlantNameKind, str]]:
    """Yield what is called like one of these names in any spelling."""
    for role, names in named.items():
        if names:
            column = NAME_COLUMNS[role]
            wanted = folded_name(column).in_({fold_name(each) for each in names})
            mine: Any = column.class_.tenant == tenant
            for name in session.scalars(select(column).where(mine, wanted).distinct()):
                yield role, name


def canonical_plant_name(session: Session, tenant: str, name: str) -> str:
    """Return how the exchange or splitter is called that somebody means; the name if none is."""
    for role in (PlantNameKind.EXCHANGE, PlantNameKind.SPLITTER):
        column = NAME_COLUMNS[role]
        mine: Any = column.class_.tenant == tenant
        for found in (column == name, folded_name(column) == fold_name(name)):
            known = session.scalars(select(column).where(mine, found).limit(1)).first()
            if known is not None:
                return str(known)
    return name
