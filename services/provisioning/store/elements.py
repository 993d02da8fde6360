"""The store of network elements, and the shipped element types."""

from collections.abc import Collection
from dataclasses import fields
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import msgspec
from sqlalchemy import select, union
from sqlalchemy.orm import Session

from services.provisioning.domain.blueprint.operation_validation import KnownOperations
from services.provisioning.domain.element import Element
from services.provisioning.tables import ElementRow
from shared.calls.call_store import IS_OPEN, OUTBOUND_CALLS
from shared.calls.element_limits import (
    OTHER_TYPE,
    ElementLimits,
    ElementType,
    ElementTypes,
    LimitConfiguration,
    type_of,
)
from shared.contracts.message_parts import ElementName
from shared.health import database_counts
from shared.health.database_counts import ElementQueue
from shared.input.equipment_names import fold_name
from shared.observability.backlog import Backlog
from shared.persistence.bulk import table_of
from shared.persistence.folded_name import folded_name
from shared.persistence.pagination import Window, select_page
from shared.persistence.repository import Repository
from shared.persistence.statements import CompiledStatement

SHIPPED_FILE = Path(__file__).parents[1] / "data/elements.json"


class ShippedElementType(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One element type: a pattern of names, their protocol, and the concurrent calls at each."""

    name: str
    elements: str
    protocol: str
    concurrency: int
    operations: tuple[str, ...]
    """Shell patterns of the operations that blueprints can call them with."""


class ShippedElementTypes(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The shipped file of element types."""

    types: tuple[ShippedElementType, ...]
    other_protocol: str
    """The protocol of elements that no type's pattern matches."""

    other_operations: tuple[str, ...]
    """Their operations; without any, blueprints cannot name such elements."""


_shipped = msgspec.json.decode(SHIPPED_FILE.read_bytes(), type=ShippedElementTypes)
TYPES: ElementTypes = tuple(
    ElementType(each.name, each.elements, ElementLimits(each.concurrency))
    for each in _shipped.types
)
"""The first type whose pattern matches an element's name sets its limits, unless configured."""

PROTOCOLS = {each.name: each.protocol for each in _shipped.types}
"""The protocol of each type, by which its elements are called."""

OPERATIONS = KnownOperations(
    TYPES,
    {each.name: each.operations for each in _shipped.types}
    | {OTHER_TYPE.name: _shipped.other_operations},
)
"""The operations of each type."""

ELEMENTS = Repository(ElementRow, Element)
ELEMENT = table_of(ElementRow).c
COLUMNS = [ELEMENT[field.name] for field in fields(Element)]

MAX_RECENT_CALLS = 10_000
"""The latest calls, by order, among which the spelling of a name is searched."""

CALLED = select(OUTBOUND_CALLS.c.element).where(IS_OPEN).distinct().subquery("called")
RECENT = (
    select(OUTBOUND_CALLS.c.element)
    .order_by(OUTBOUND_CALLS.c.order_id.desc())
    .limit(MAX_RECENT_CALLS)
    .subquery("recent")
)
CONFIGURED = select(folded_name(ELEMENT.name))
NAMES = union(
    select(ELEMENT.name),
    select(CALLED.c.element).where(folded_name(CALLED.c.element).not_in(CONFIGURED)),
).subquery("names")
"""The elements of a list; a configured element has the spelling it was configured with."""


class ElementListing(NamedTuple):
    """One element of a list."""

    name: ElementName
    configured: Element | None
    """The element's configuration, if it has any."""

    queue: ElementQueue
    """The calls that wait for it or are under way."""


find_for_update = ELEMENTS.find_for_update
put = ELEMENTS.put

LIMITS = CompiledStatement(
    select(
        *(ElementRow.name, ElementRow.concurrency),
        *(ElementRow.per_second, ElementRow.in_maintenance),
    )
)


def limits(session: Session) -> LimitConfiguration:
    """Return the call limits of every element."""
    return LimitConfiguration(
        {name: ElementLimits(*columns) for name, *columns in LIMITS.rows(session)}, TYPES
    )


@lru_cache(maxsize=16_384)
def protocol_of(element: ElementName) -> str:
    """Return the protocol of an element: that of its type."""
    return PROTOCOLS.get(type_of(TYPES, element).name, _shipped.other_protocol)


def queues(session: Session) -> tuple[ElementQueue, ...]:
    """Return the queue of every element that has calls waiting or under way."""
    return database_counts.read_element_queues(session, limits(session))


def idle_queue(name: ElementName) -> ElementQueue:
    """Return the queue of an element without calls."""
    type_ = type_of(TYPES, name)
    return ElementQueue(name, Backlog(), 0, type_.limit, type_.name)


def canonical_name(session: Session, name: ElementName) -> ElementName:
    """Return the known spelling of an element's name; the name itself if none is known."""
    for names in (ELEMENT.name, CALLED.c.element, RECENT.c.element):
        query = select(names).where(folded_name(names) == fold_name(name)).distinct()
        if found := sorted(session.scalars(query)):
            return name if name in found else found[0]
    return name


def find_page(session: Session, window: Window) -> list[ElementListing]:
    """Return elements that are configured or have open calls, by name."""
    names = list(session.scalars(select_page(select(NAMES.c.name), [NAMES.c.name], window)))
    return get_listings(session, names)


def get_listings(session: Session, names: Collection[ElementName]) -> list[ElementListing]:
    """Return these elements with their configuration and queue."""
    rows = session.execute(select(*COLUMNS).where(ELEMENT.name.in_(names)))
    configured = {each.name: each for each in (Element(*row) for row in rows)}
    queue_of = {fold_name(each.element): each for each in queues(session)}
    return [
        ElementListing(
            each, configured.get(each), queue_of.get(fold_name(each)) or idle_queue(each)
        )
        for each in names
    ]
