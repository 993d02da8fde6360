"""Network elements, from rows and to rows."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.provisioning.domain.element import Element
from services.provisioning.tables import ElementRow
from shared.attempts import Limit, Limits
from shared.shelf import Shelf

ELEMENTS = Shelf(ElementRow, Element)

find = ELEMENTS.find
look = ELEMENTS.look
put = ELEMENTS.put

LIMITS = select(
    ElementRow.name, ElementRow.concurrency, ElementRow.per_second, ElementRow.in_maintenance
)


def limits(session: Session) -> Limits:
    """Return how much each element bears of which somebody has said so."""
    return {
        row.name: Limit(row.concurrency, row.per_second, row.in_maintenance)
        for row in session.execute(LIMITS)
    }


def listed(session: Session) -> list[Element]:
    """Return all elements of which somebody has said something."""
    names = list(session.scalars(select(ElementRow.name).order_by(ElementRow.name)))
    return [ELEMENTS.look(session, name) for name in names]
