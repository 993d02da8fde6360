"""How much network elements bear: what somebody has set, else what elements of their type do.

Pure: no I/O and no clock.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import lru_cache

from shared.contracts.parts import ElementName
from shared.input.names import fold


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


OTHER = ElementType("other", "*")
"""The type of an element that no pattern fits."""

Types = tuple[ElementType, ...]


@lru_cache(maxsize=16_384)
def type_of(types: Types, element: ElementName) -> ElementType:
    """Return the type of an element: the first whose pattern fits its name, in any case."""
    name = element.upper()
    return next((each for each in types if fnmatchcase(name, each.elements.upper())), OTHER)


@dataclass(frozen=True, slots=True)
class Limits:
    """How much every element bears."""

    set: Mapping[ElementName, Limit] = field(default_factory=dict)
    """What somebody has said of single elements, in whatever spelling."""

    types: Types = ()
    spellings: Mapping[str, ElementName] = field(init=False)
    """By what all spellings of a name have in common, the one of which it was said."""

    def __post_init__(self) -> None:
        spellings = {fold(name): name for name in sorted(self.set, reverse=True)}
        object.__setattr__(self, "spellings", spellings)

    def name_of(self, element: ElementName) -> ElementName:
        """Return the name under which something was said of an element, if anything was."""
        if not self.set or element in self.set:
            return element
        return self.spellings.get(fold(element), element)

    def of(self, element: ElementName) -> Limit:
        """Return how much an element bears."""
        return self.set.get(self.name_of(element)) or type_of(self.types, element).limit

    def type_of(self, element: ElementName) -> str:
        """Return the name of an element's type."""
        return type_of(self.types, element).name

    def free_places(self, element: ElementName, under_way: int) -> int:
        """Return how many more calls an element bears beside those under way."""
        limit = self.of(element)
        return 0 if limit.in_maintenance else max(0, limit.concurrency - under_way)


def names_of(types: Types) -> tuple[str, ...]:
    """Return the names of all types; they are the values of the label in metrics."""
    return (*(each.name for each in types), OTHER.name)


def no_limits(_: object) -> Limits:
    """Return no limits, for a service that calls no elements."""
    return Limits()
