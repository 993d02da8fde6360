"""Changes of network elements: their call limits, and their maintenance."""

from collections.abc import Callable
from datetime import datetime
from typing import TypeAlias

from services.provisioning.domain.element import Element, default_element, describe_element_state
from services.provisioning.store import elements
from shared.calls.element_limits import type_of
from shared.contracts.message_parts import ElementName
from shared.messaging.unit_of_work import UnitOfWork

ElementChange: TypeAlias = Callable[[Element, str, datetime], Element]
"""A change of an element; takes who changes it, and when."""


def change_element(name: ElementName, by: str, change: ElementChange, work: UnitOfWork) -> Element:
    """Change an element, named in any spelling, and record it in the history."""
    name = elements.canonical_name(work.session, name)
    limit = type_of(elements.TYPES, name).limit
    found = elements.find_for_update(work.session, name)
    before = found or default_element(name, limit, by, work.now)
    after = change(before, by, work.now)
    elements.put(work.session, after)
    work.record_change(
        "element",
        name,
        describe_element_state(before),
        describe_element_state(after),
        reason=after.reason,
    )
    work.audit(
        "element.change", name, reason=f"{describe_element_state(after)} {after.reason}".rstrip()
    )
    return after
