"""Limits of network elements: those set for an element, else those of its type.

Pure: no I/O and no clock.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import lru_cache

from shared.contracts.message_parts import ElementName
from shared.input.equipment_names import fold_name


@dataclass(frozen=True, slots=True)
class ElementLimits:
    """The limits of one element."""

    concurrency: int = 8
    """Calls under way at a time, by all processes together."""

    per_second: float = 0
    """Calls begun in a second; 0 for no limit."""

    in_maintenance: bool = False
    """No call is begun; requested calls wait."""


@dataclass(frozen=True, slots=True)
class ElementType:
    """One type of elements: their names, and the limits of each of them."""

    name: str
    elements: str
    """A shell pattern of names: `aaa`, `ims-*`, `*`."""

    limit: ElementLimits = field(default_factory=ElementLimits)


OTHER_TYPE = ElementType("other", "*")
"""The type of an element that no pattern matches."""

ElementTypes = tuple[ElementType, ...]


@lru_cache(maxsize=16_384)
def type_of(types: ElementTypes, element: ElementName) -> ElementType:
    """Return the type of an element: the first whose pattern matches its name, in any case."""
    name = element.upper()
    return next((each for each in types if fnmatchcase(name, each.elements.upper())), OTHER_TYPE)


@dataclass(frozen=True, slots=True)
class LimitConfiguration:
    """The limits of all elements."""

    by_element: Mapping[ElementName, ElementLimits] = field(default_factory=dict)
    """Limits set for single elements, by a name in any spelling."""

    types: ElementTypes = ()
    spellings: Mapping[str, ElementName] = field(init=False)
    """By the folded name, the spelling for which limits were set."""

    def __post_init__(self) -> None:
        spellings = {fold_name(name): name for name in sorted(self.by_element, reverse=True)}
        object.__setattr__(self, "spellings", spellings)

    def configured_name(self, element: ElementName) -> ElementName:
        """Return the spelling under which limits of an element were set, if they were."""
        if not self.by_element or element in self.by_element:
            return element
        return self.spellings.get(fold_name(element), element)

    def limit_of(self, element: ElementName) -> ElementLimits:
        """Return the limits of an element."""
        return (
            self.by_element.get(self.configured_name(element)) or type_of(self.types, element).limit
        )

    def type_of(self, element: ElementName) -> str:
        """Return the name of an element's type."""
        return type_of(self.types, element).name

    def free_slots(self, element: ElementName, under_way: int) -> int:
        """Return how many more calls an element can handle beside those under way."""
        limit = self.limit_of(element)
        return 0 if limit.in_maintenance else max(0, limit.concurrency - under_way)


def type_names(types: ElementTypes) -> tuple[str, ...]:
    """Return the names of all types; they are the values of the label in metrics."""
    return (*(each.name for each in types), OTHER_TYPE.name)


def no_limits(_: object) -> LimitConfiguration:
    """Return no limits, for a service that calls no elements."""
    return LimitConfiguration()
