"""How much network elements bear: what somebody has set, else what elements of their type do.

Pure: no I/O and no clock.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import lru_cache

from shared.contracts.message_parts import ElementName
from shared.input.equipment_names import fold_name


@dataclass(frozen=True, slots=True)
class Limit:
    """How much one element bears."""

    concurrency: int = 8
    """Calls under way at a time, by all processes together."""

    per_second: float = 0
    """Calls begun in a second; 0 for no limit."""

    in_maintenance: bool = False
    """Nothing is begun; what is wanted waits."""


@dataclass(frozen=True, slots=True)
class ElementType:
    """One type of elements: which ones are of it, and how much each of them bears."""

    name: str
    elements: str
    """A pattern of names, as a shell has them: `aaa`, `ims-*`, `*`."""

    limit: Limit = field(default_factory=Limit)


OTHER_TYPE = ElementType("other", "*")
"""The type of an element that no pattern fits."""

ElementTypes = tuple[ElementType, ...]


@lru_cache(maxsize=16_384)
def type_of(types: ElementTypes, element: ElementName) -> ElementType:
    """Return the type of an element: the first whose pattern fits its name, in any case."""
    name = element.upper()
    return next((each for each in types if fnmatchcase(name, each.elements.upper())), OTHER_TYPE)


@dataclass(frozen=True, slots=True)
class Limits:
    """How much every element bears."""

    by_element: Mapping[ElementName, Limit] = field(default_factory=dict)
    """What somebody has said of single elements, in whatever spelling."""

    types: ElementTypes = ()
    spellings: Mapping[str, ElementName] = field(init=False)
    """By what all spellings of a name have in common, the one of which it was said."""

    def __post_init__(self) -> None:
        spellings = {fold_name(name): name for name in sorted(self.by_element, reverse=True)}
        object.__setattr__(self, "spellings", spellings)

    def configured_name(self, element: ElementName) -> ElementName:
        """Return the name under which something was said of an element, if anything was."""
        if not self.by_element or element in self.by_element:
            return element
        return self.spellings.get(fold_name(element), element)

    def limit_of(self, element: ElementName) -> Limit:
        """Return how much an element bears."""
        return (
            self.by_element.get(self.configured_name(element)) or type_of(self.types, element).limit
        )

    def type_of(self, element: ElementName) -> str:
        """Return the name of an element's type."""
        return type_of(self.types, element).name

    def free_slots(self, element: ElementName, under_way: int) -> int:
        """Return how many more calls an element bears beside those under way."""
        limit = self.limit_of(element)
        return 0 if limit.in_maintenance else max(0, limit.concurrency - under_way)


def type_names(types: ElementTypes) -> tuple[str, ...]:
    """Return the names of all types; they are the values of the label in metrics."""
    return (*(each.name for each in types), OTHER_TYPE.name)


def no_limits(_: object) -> Limits:
    """Return no limits, for a service that calls no elements."""
    return Limits()
