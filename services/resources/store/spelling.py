"""Finding the plant by its names, however they are spelled."""

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from services.resources.domain.naming import Role, fold
from services.resources.tables import ExchangeRow, SplitterRow

NAMES: Mapping[Role, InstrumentedAttribute[str]] = {
    Role.EXCHANGE: ExchangeRow.id,
    Role.SPLITTER: SplitterRow.id,
    Role.OLT: SplitterRow.olt,
}


def folded(name: ColumnElement[str] | InstrumentedAttribute[str]) -> ColumnElement[str]:
    """Return what all spellings of a column's name have in common, as `naming.fold` does."""
    return func.regexp_replace(func.upper(name), "(^|[^0-9])0+([0-9])", r"\1\2", "g")


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
