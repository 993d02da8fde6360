"""The data that services load: exchanges, numbers, addresses and the plant that serves them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True, slots=True)
class Exchange:
    """A local exchange (端局), one for each district."""

    id: str
    """City and district: `NJ-XW`."""

    name: str
    """A display name: `Nanjing Xuanwu`."""

    local_network: str
    """The city's area code: `025`."""

    city: str
    """In Chinese, as in addresses."""

    district: str
    """In Chinese, as in addresses."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A range of numbers of one exchange (号段)."""

    id: str
    """Area code and first number: `seg-025-80000000`."""

    exchange_id: str
    local_network: str
    first: str
    """E.164: `+862580000000`."""

    count: int
    kind: Literal["fixed", "mobile"] = "fixed"

    def numbers(self) -> Iterator[str]:
        """Yield its numbers in E.164, in ascending order."""
        first = int(self.first)
        return (f"+{number}" for number in range(first, first + self.count))


@dataclass(frozen=True, slots=True)
class Address:
    """A standard address (标准地址) and what serves it."""

    id: str
    """`addr-`, district, town and house: `addr-320102-002-0007`."""

    text: str
    """The full address in Chinese."""

    exchange_id: str
    local_network: str
    splitter_id: str | None = None
    """None: the address has no fibre."""


@dataclass(frozen=True, slots=True)
class Splitter:
    """A splitter (分光器) on a PON port, with a leg for each customer."""

    id: str
    """Exchange and number: `NJ-XW-SP001`."""

    exchange_id: str
    olt: str
    """`NJ-XW-OLT01`."""

    pon_port: str
    """Frame/slot/port: `0/1/3`."""

    legs: int
    svlan: int
    """Of the PON port; unique within the exchange."""

    first_cvlan: int
    """Of leg 1; leg n has `first_cvlan + n - 1`, unique within the SVLAN."""

    faulty_legs: int = 0
    """The number of unusable legs; they are the first ones."""


@dataclass(frozen=True, slots=True)
class PairBlock:
    """Pairs for voice on one exchange's distribution frame (MDF), numbered from `first`."""

    exchange_id: str
    first: int
    count: int


@dataclass(frozen=True, slots=True)
class ItemBlock:
    """Resources of a kind in one pool, numbered from `first`."""

    kind: str
    pool: str
    first: int
    count: int


@dataclass(frozen=True, slots=True)
class Item:
    """One resource of a kind in a pool."""

    kind: str
    pool: str
    """The exchange, the local network, or empty for the whole province."""

    value: str
    element: str = ""
    """The network element that it leads to, if any."""

    attributes: Mapping[str, str] = field(default_factory=dict)
