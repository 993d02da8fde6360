"""Network elements, from rows and to rows, and what is shipped about their types."""

from collections.abc import Collection
from dataclasses import fields
from pathlib import Path
from typing import NamedTuple

import msgspec
from sqlalchemy import select, union
from sqlalchemy.orm import Session

from services.provisioning.domain.element import Element
from services.provisioning.tables import ElementRow
from shared.calls.call_store import ATTEMPTS, OPEN
from shared.calls.element_limits import ElementType, Limit, Limits, Types, type_of
from shared.contracts import ElementName
from shared.health import figures
from shared.health.figures import Queue
from shared.input.names import fold
from shared.observability.waiting import Waiting
from shared.persistence.bulk import table_of
from shared.persistence.list_window import Window, page_of
from shared.persistence.repository import Shelf
from shared.persistence.spelling import folded
from shared.persistence.statements import Prepared

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
ELEMENT = table_of(ElementRow).c
COLUMNS = [ELEMENT[field.name] for field in fields(Element)]

MOST_RECENT = 10_000
"""Calls among which the spelling of a name is looked for: the last ones, by their orders."""

CALLED = select(ATTEMPTS.c.element).where(OPEN).distinct().subquery("called")
RECENT = (
    select(ATTEMPTS.c.element)
    .order_by(ATTEMPTS.c.order_id.desc())
    .limit(MOST_RECENT)
    .subquery("recent")
)
SAID = select(folded(ELEMENT.name))
NAMES = union(
    select(ELEMENT.name),
    select(CALLED.c.element).where(folded(CALLED.c.element).not_in(SAID)),
).subquery("names")
"""The elements of a list: one of which something was said is listed as it was named then."""


class Listed(NamedTuple):
    """One element of a list."""

    name: ElementName
    said: Element | None
    """What somebody has said of it, if anybody has."""

    queue: Queue
    """What waits for it, or is under way."""


find = ELEMENTS.find
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


def idle(name: ElementName) -> Queue:
    """Return the queue of an element that is not called now."""
    type_ = type_of(TYPES, name)
    return Queue(name, Waiting(), 0, type_.limit, type_.name)


def spelled(session: Session, name: ElementName) -> ElementName:
    """Return how the element is called that somebody means; the name itself if none is known."""
    for names in (ELEMENT.name, CALLED.c.element, RECENT.c.element):
        these = select(names).where(folded(names) == fold(name)).distinct()
        if found := sorted(session.scalars(these)):
            return name if name in found else found[0]
    return name


def listed(session: Session, rows: Window) -> list[Listed]:
    """Return elements of which somebody has said something, or that are called now, by name."""
    names = list(session.scalars(page_of(select(NAMES.c.name), [NAMES.c.name], rows)))
    return shown(session, names)


def shown(session: Session, names: Collection[ElementName]) -> list[Listed]:
    """Return these elements, to show them."""
    these = session.execute(select(*COLUMNS).where(ELEMENT.name.in_(names)))
    said = {each.name: each for each in (Element(*row) for row in these)}
    waiting = {fold(each.element): each for each in queues(session)}
    return [Listed(each, said.get(each), waiting.get(fold(each)) or idle(each)) for each in names]
