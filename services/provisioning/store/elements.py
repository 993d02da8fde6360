"""Network elements, from rows and to rows, and what is shipped about their types."""

from pathlib import Path

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from services.provisioning.domain.element import Element
from services.provisioning.tables import ElementRow
from shared import figures
from shared.contracts import ElementName
from shared.figures import Queue, Waiting
from shared.limits import ElementType, Limit, Limits, Types, type_of
from shared.prepared import Prepared
from shared.shelf import Shelf

SHIPPED = Path(__file__).parents[1] / "data/elements.json"


class ShippedType(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One type of elements: a pattern of names, and calls under way at a time at each."""

    name: str
    elements: str
    concurrency: int


class Shipped(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is shipped about elements."""

    types: tuple[ShippedType, ...]


_shipped = msgspec.json.decode(SHIPPED.read_bytes(), type=Shipped)
TYPES: Types = tuple(
    ElementType(each.name, each.elements, Limit(each.concurrency)) for each in _shipped.types
)
"""The first whose pattern fits an element's name says how much it bears, unless somebody has."""

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
    """Return how much every element bears."""
    return Limits({name: Limit(*bears) for name, *bears in LIMITS.rows(session)}, TYPES)


def queues(session: Session) -> tuple[Queue, ...]:
    """Return the calls that wait and that are under way, of every element that has any."""
    return figures.queues(session, limits(session))


def queue(session: Session, name: ElementName) -> Queue:
    """Return the calls that wait and that are under way at one element."""
    found = (each for each in queues(session) if each.element == name)
    idle = Queue(name, Waiting(), 0, type_of(TYPES, name).limit, type_of(TYPES, name).name)
    return next(found, idle)


def listed(session: Session) -> list[Element]:
    """Return all elements of which somebody has said something."""
    names = list(session.scalars(select(ElementRow.name).order_by(ElementRow.name)))
    return [ELEMENTS.look(session, name) for name in names]
