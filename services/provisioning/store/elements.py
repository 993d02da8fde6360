"""Network elements, from rows and to rows."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.provisioning.domain.element import Element
from services.provisioning.tables import ElementRow
from shared.attempts import Limit, Limits
from shared.prepared import Prepared
from shared.shelf import Shelf

ELEMENTS = Shelf(ElementRow, Element)

find = ELEMENTS.find
look = ELEMENTS.look
put = ELEMENTS.put

LIMITS = Prepared(
    select(
        *(ElementRow.name, ElementRow.concurrency),
        *(ElementRow.per_second, ElementRow.in_maintenance),
    )
)


def limits(session: Session) -> Limits:
    """Return how much each element bears of which somebody has said so."""
    return {name: Limit(*bears) for name, *bears in LIMITS.rows(session)}


def listed(session: Session) -> list[Element]:
    """Return all elements of which somebody has said something."""
    names = list(session.scalars(select(ElementRow.name).order_by(ElementRow.name)))
    return [ELEMENTS.look(session, name) for name in names]
