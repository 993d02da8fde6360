"""The imported rows: exchanges, segments of numbers, splitters, addresses, pairs and items.

Their fields are those of the import API.
"""

from typing import Annotated, TypeVar

import msgspec

from services.resources.domain.number.numbering_plan import kind_of
from services.resources.domain.pool.kinds import NUMBER
from services.resources.domain.pool.states import NumberState
from shared.input.area_codes import AREA_CODE
from shared.input.ids import IDENTIFIER

Id = Annotated[str, msgspec.Meta(pattern=rf"^{IDENTIFIER}$(?!\n)")]
Name = Annotated[str, msgspec.Meta(pattern=r"^[^\x00-\x1f]*$(?!\n)", max_length=256)]
AreaCode = Annotated[str, msgspec.Meta(pattern=rf"^{AREA_CODE}$(?!\n)")]
"""As it is dialled within the country: `025`, `0512`."""

KindName = Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9_-]{0,31}$(?!\n)")]
AttributeName = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,39}$(?!\n)")]
AttributeText = Annotated[str, msgspec.Meta(max_length=200)]
VlanId = Annotated[int, msgspec.Meta(ge=1, le=4094)]
MAX_ATTRIBUTES = 50
OLD_NAMES = {"exchange_id": "exchange", "splitter_id": "splitter"}
"""Earlier names of fields; rows may still use them."""

MAX_NUMBERS = 1_000_000
MAX_LEGS = 128
MAX_PAIRS = 1_000_000


class ImportedRow(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One row of an import."""


class Exchange(ImportedRow, frozen=True, kw_only=True):
    """A local exchange (端局)."""

    id: Id
    name: Name
    local_network: AreaCode
    city: Name = ""
    district: Name = ""


class Segment(ImportedRow, frozen=True, kw_only=True):
    """A range of numbers of one exchange (号段)."""

    id: Id
    exchange_id: Id = msgspec.field(name="exchange")
    local_network: AreaCode
    first: Annotated[str, msgspec.Meta(pattern=r"^\+[1-9][0-9]{6,14}$(?!\n)")]
    count: Annotated[int, msgspec.Meta(ge=1, le=MAX_NUMBERS)]
    kind: str = ""
    """`fixed`; taken from the numbering plan when it is left out."""

    quarantine_days: Annotated[int, msgspec.Meta(ge=0, le=3650)] = NUMBER.quarantine_days
    state: NumberState = NumberState.IDLE
    """`idle`, `planned` or `blocked`: the state of its numbers without a holder."""

    @property
    def low(self) -> int:
        """Its first number."""
        return int(self.first)

    @property
    def high(self) -> int:
        """Its last number."""
        return self.low + self.count - 1

    @property
    def last(self) -> str:
        """Its last number, E.164."""
        return f"+{self.high}"


def with_kind(segment: Segment) -> Segment:
    """Return a segment with the kind that the numbering plan gives its numbers."""
    return msgspec.structs.replace(segment, kind=kind_of(segment.first))


class Address(ImportedRow, frozen=True, kw_only=True):
    """A standard address (标准地址), and what serves it."""

    id: Id
    text: Name
    exchange_id: Id = msgspec.field(name="exchange")
    local_network: AreaCode
    splitter_id: Id | None = msgspec.field(name="splitter", default=None)
    """None where there is no fibre."""


class Splitter(ImportedRow, frozen=True, kw_only=True):
    """A splitter (分光器) on a PON port; each leg has a VLAN and a LOID of its own."""

    id: Id
    exchange_id: Id = msgspec.field(name="exchange")
    olt: Id
    pon_port: Annotated[str, msgspec.Meta(pattern=r"^[0-9]+(/[0-9]+)*$(?!\n)", max_length=32)]
    legs: Annotated[int, msgspec.Meta(ge=1, le=MAX_LEGS)]
    svlan: VlanId
    first_cvlan: VlanId
    faulty_legs: Annotated[int, msgspec.Meta(ge=0, le=MAX_LEGS)] = 0
    """How many of its legs, counted from the first, are faulty."""

    def __post_init__(self) -> None:
        """Write the port without leading zeros: `00/09/01` is `0/9/1`."""
        port = "/".join(part.lstrip("0") or "0" for part in self.pon_port.split("/"))
        msgspec.structs.force_setattr(self, "pon_port", port)

    @property
    def last_cvlan(self) -> int:
        """The customer VLAN of its last leg."""
        return self.first_cvlan + self.legs - 1

    @property
    def last_loid(self) -> str:
        """The logical ONU id of its last leg."""
        return f"{self.id}-L{self.legs:03}"


class ImportedItem(ImportedRow, frozen=True, kw_only=True):
    """One resource of a pool: a SIM, a prepaid card, an IP address, a device."""

    kind: KindName
    pool: Annotated[str, msgspec.Meta(max_length=64)] = ""
    """The exchange, the splitter or the area code that the pool serves; empty for all."""

    value: Annotated[str, msgspec.Meta(pattern=r"^[!-~]{1,100}$(?!\n)")]
    element: Annotated[str, msgspec.Meta(pattern=rf"^({IDENTIFIER})?$(?!\n)")] = ""
    """The network element that it leads to, if any."""

    attributes: Annotated[
        dict[AttributeName, bool | int | AttributeText], msgspec.Meta(max_length=MAX_ATTRIBUTES)
    ] = {}
    """What is configured for it on an element, or said about it."""


class ItemBlock(ImportedRow, frozen=True, kw_only=True):
    """Resources of a pool that are numbered from `first`: `NJ-XW/0000001`."""

    kind: KindName
    pool: Annotated[str, msgspec.Meta(max_length=64)] = ""
    first: Annotated[int, msgspec.Meta(ge=0, le=9_000_000)]
    count: Annotated[int, msgspec.Meta(ge=0, le=MAX_PAIRS)]

    @property
    def id(self) -> str:
        """The key of the block."""
        return f"{self.kind}/{self.pool}/{self.first}"


class PairBlock(ImportedRow, frozen=True, kw_only=True):
    """Pairs on one exchange's distribution frame (MDF), numbered from `first`."""

    exchange_id: Id = msgspec.field(name="exchange")
    first: Annotated[int, msgspec.Meta(ge=0, le=9_000_000)]
    count: Annotated[int, msgspec.Meta(ge=0, le=MAX_PAIRS)]

    @property
    def id(self) -> str:
        """The key of the block."""
        return f"{self.exchange_id}/{self.first}"

    def of_kind(self, kind: str) -> ItemBlock:
        """Return the block as one of items of this kind."""
        return ItemBlock(kind=kind, pool=self.exchange_id, first=self.first, count=self.count)


RowT = TypeVar(
    "RowT", bound=Exchange | Segment | Splitter | Address | PairBlock | ImportedItem | ItemBlock
)
"""A row of one kind of import."""
