"""Finding the plant by its names, however they are spelled."""

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import InstrumentedAttribute, Session

from services.resources.domain.naming import Role
from services.resources.tables import ExchangeRow, SplitterRow
from shared.input.names import fold
from shared.persistence.spelling import folded

NAMES: Mapping[Role, InstrumentedAttribute[str]] = {
    Role.EXCHANGE: ExchangeRow.id,
    Role.SPLITTER: SplitterRow.id,
    Role.OLT: SplitterRow.olt,
}


def known_spellings(
    session: Session, tenant: str, named: Mapping[Role, set[str]]
) -> Iterator[tuple[Role, str]]:
    """Yield what is called like one of these names in any spelling."""
    for role, names in named.items():
        if names:
            column = NAMES[role]
            wanted = folded(column).in_({fold(each) for each in names})
            mine: Any = column.class_.tenant == tenant
            for name in session.scalars(select(column).where(mine, wanted).distinct()):
                yield role, name


def spelled(session: Session, tenant: str, name: str) -> str:
    """Return how the exchange or splitter is called that somebody means; the name if none is."""
    for role in (Role.EXCHANGE, Role.SPLITTER):
        column = NAMES[role]
        mine: Any = column.class_.tenant == tenant
        for found in (column == name, folded(column) == fold(name)):
            known = session.scalars(select(column).where(mine, found).limit(1)).first()
            if known is not None:
                return str(known)
    return name
