"""Validation of imports: every fault of every row is reported at once."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, Generic, NamedTuple, TypeAlias

from services.resources.domain.number.numbering_plan import (
    COUNTRY_CODE,
    area_code_of,
    is_home_country_number,
    is_valid_range,
    kind_of,
)
from services.resources.domain.plant.address_search import id_key
from services.resources.domain.plant.plant import (
    OLD_NAMES,
    Address,
    Exchange,
    PairBlock,
    RowT,
    Segment,
    Splitter,
)
from services.resources.domain.pool.states import IMPORT_TRANSITIONS
from shared.errors import Fault

Networks: TypeAlias = Mapping[str, str]
"""The local network of every known exchange, by the exchange's id."""

STORED_PLACE = -1
"""The place of a row that was imported before."""

FIXED = "fixed"
"""The kind of number that the exchange of a district has."""

MOBILE = "mobile"
"""The kind of number that the exchange of a local network has: its id is the area code."""

MAX_VLAN = 4094
MAX_LOID_LENGTH = 24
"""The most characters of a logical ONU id (ITU-T G.984.3)."""


class IndexedRow(NamedTuple, Generic[RowT]):
    """A row, and its place in the request."""

    place: int
    row: RowT

    def fault(self, field: str, code: str, reason: str, remedy: str) -> Fault:
        """Return a fault of the row."""
        return Fault(f"/{self.place}/{field}", code, reason, remedy)


def find_exchange_faults(
    rows: Sequence[IndexedRow[Exchange]], networks: Networks, occupied: Collection[str]
) -> list[Fault]:
    """Return the faults of these exchanges; `occupied` have plant, addresses or numbers."""
    return [*duplicate_faults(rows), *changed_area_faults(rows, networks, occupied)]


def changed_area_faults(
    rows: Iterable[IndexedRow[Exchange]], networks: Networks, occupied: Collection[str]
) -> Iterator[Fault]:
    """Yield a fault for every occupied exchange whose local network changes."""
    for each in rows:
        current = networks.get(each.row.id, each.row.local_network)
        if current != each.row.local_network and each.row.id in occupied:
            reason = "differs from the area of the numbers, addresses and plant in it"
            remedy = f"it lies in {current}; import an exchange with another id for the new area"
            yield each.fault("local_network", "changed", reason, remedy)


def find_segment_faults(
    rows: Sequence[IndexedRow[Segment]], networks: Networks, known: Sequence[Segment]
) -> list[Fault]:
    """Return the faults of these segments; `known` are segments that may conflict with them."""
    before = {each.id: each for each in known}
    return [
        *duplicate_faults(rows),
        *exchange_reference_faults(rows, networks),
        *(fault for each in rows for fault in segment_faults(each)),
        *(fault for each in rows for fault in numbering_plan_faults(each, networks)),
        *fixed_field_faults(rows, before, ("exchange_id", "first", "count")),
        *overlap_faults(rows, known, one_group, lambda row: (row.low, row.high), "count"),
    ]


def find_splitter_faults(
    rows: Sequence[IndexedRow[Splitter]], networks: Networks, known: Sequence[Splitter]
) -> list[Fault]:
    """Return the faults of these splitters; `known` are splitters that may conflict with them."""
    before = {each.id: each for each in known}
    fixed = ("exchange_id", "olt", "pon_port", "svlan", "first_cvlan")
    return [
        *duplicate_faults(rows),
        *exchange_reference_faults(rows, networks),
        *(fault for each in rows for fault in splitter_faults(each, before.get(each.row.id))),
        *fixed_field_faults(rows, before, fixed),
        *overlap_faults(
            rows,
            known,
            lambda row: (row.exchange_id, row.svlan),
            lambda row: (row.first_cvlan, row.last_cvlan),
            "first_cvlan",
        ),
    ]


def find_address_faults(
    rows: Sequence[IndexedRow[Address]],
    networks: Networks,
    splitters: Collection[str],
    known: Mapping[str, str],
) -> list[Fault]:
    """Return the faults of these addresses; `known` are existing ids by their comparable form."""
    orphans = [
        each.fault("splitter", "unknown", "is not a known splitter", "import splitters first")
        for each in rows
        if each.row.splitter_id is not None and each.row.splitter_id not in splitters
    ]
    return [
        *duplicate_faults(rows),
        *id_spelling_faults(rows, known),
        *exchange_reference_faults(rows, networks),
        *orphans,
    ]


def id_spelling_faults(
    rows: Iterable[IndexedRow[Address]], known: Mapping[str, str]
) -> Iterator[Fault]:
    """Yield a fault for every address whose id is another spelling of an existing one."""
    seen = dict(known)
    for each in rows:
        if seen.setdefault(id_key(each.row.id), each.row.id) != each.row.id:
            reason = "differs from another address's id in upper and lower case only"
            yield each.fault("id", "spelt-otherwise", reason, "use that spelling, or another id")


def find_pair_faults(rows: Sequence[IndexedRow[PairBlock]], networks: Networks) -> list[Fault]:
    """Return the faults of these blocks of pairs."""
    return [*duplicate_faults(rows), *exchange_reference_faults(rows, networks)]


def duplicate_faults(rows: Iterable[IndexedRow[Any]]) -> Iterator[Fault]:
    """Yield a fault for every row that repeats an earlier one."""
    seen: set[str] = set()
    for each in rows:
        if each.row.id in seen:
            yield each.fault("id", "twice", "was sent twice", "send every row once")
        seen.add(each.row.id)


def exchange_reference_faults(
    rows: Iterable[IndexedRow[Any]], networks: Networks
) -> Iterator[Fault]:
    """Yield a fault for every row whose exchange is unknown, or in another local network."""
    for each in rows:
        network = networks.get(each.row.exchange_id)
        if network is None:
            reason, remedy = "is not a known exchange", "import exchanges first"
            yield each.fault("exchange", "unknown", reason, remedy)
        elif getattr(each.row, "local_network", network) != network:
            reason, remedy = "is not that of the exchange", f"the exchange lies in {network}"
            yield each.fault("local_network", "contradiction", reason, remedy)


def segment_faults(each: IndexedRow[Segment]) -> Iterator[Fault]:
    """Yield the faults of a segment by itself."""
    segment = each.row
    if segment.kind not in {"", kind_of(segment.first)}:
        remedy = f"the numbering plan says {kind_of(segment.first)}; leave it out"
        yield each.fault("kind", "contradiction", "is not the kind of its numbers", remedy)
    if segment.state not in IMPORT_TRANSITIONS:
        remedy = f"one of {', '.join(sorted(IMPORT_TRANSITIONS))}"
        yield each.fault("state", "not-importable", "is set by orders only", remedy)


def numbering_plan_faults(each: IndexedRow[Segment], networks: Networks) -> Iterator[Fault]:
    """Yield the fault of a segment whose numbers do not fit the numbering plan or its exchange."""
    segment = each.row
    area = networks.get(segment.exchange_id, segment.local_network)
    if not is_home_country_number(segment.first):
        reason, remedy = "is a number of another country", f"use numbers of +{COUNTRY_CODE}"
        yield each.fault("first", "foreign", reason, remedy)
    elif not is_valid_range(segment.low, segment.high):
        reason = "has numbers that the country's numbering plan does not have"
        yield each.fault("first", "not-valid", reason, "check the area code and the length")
    elif (kind := kind_of(segment.first)) == MOBILE:
        if segment.exchange_id != area:
            reason = "is mobile, and mobile numbers belong to the local network as a whole"
            remedy = f"give the exchange {area}: import one of this id, the mobile core"
            yield each.fault("exchange", "not-mobile", reason, remedy)
    elif kind != FIXED:
        reason = f"is {kind}, neither a fixed line nor mobile"
        remedy = "leave it out: there is no pool of such numbers, and no exchange serves them"
        yield each.fault("first", "not-fixed", reason, remedy)
    elif {area_code_of(segment.first), area_code_of(segment.last)} != {area}:
        actual = area_code_of(segment.first)
        reason = f"lies in area {actual}, and the exchange in {area}"
        remedy = f"begin with +{COUNTRY_CODE}{area[1:]}, or name an exchange of {actual}"
        yield each.fault("first", "other-area", reason, remedy)


def splitter_faults(each: IndexedRow[Splitter], before: Splitter | None) -> Iterator[Fault]:
    """Yield the faults of a splitter by itself, and against its earlier import."""
    splitter = each.row
    if splitter.last_cvlan > MAX_VLAN:
        reason = f"leaves no VLAN for the last of {splitter.legs} legs"
        yield each.fault("first_cvlan", "too-high", reason, f"{MAX_VLAN} is the last VLAN")
    if splitter.faulty_legs > splitter.legs:
        reason = "is more than it has"
        yield each.fault("faulty_legs", "too-many", reason, f"{splitter.legs} at most")
    if len(splitter.last_loid) > MAX_LOID_LENGTH:
        reason = f"makes LOIDs of more than {MAX_LOID_LENGTH} characters"
        yield each.fault("id", "too-long", reason, "give it a shorter name")
    if before and splitter.legs < before.legs:
        reason, remedy = "is less than it had", f"{before.legs} at least: legs may be in use"
        yield each.fault("legs", "too-few", reason, remedy)


def fixed_field_faults(
    rows: Iterable[IndexedRow[Any]], before: Mapping[str, Any], fixed: Sequence[str]
) -> Iterator[Fault]:
    """Yield a fault for every changed field whose value is fixed by the first import."""
    for each in rows:
        stored = before.get(each.row.id)
        for field in fixed:
            if stored is not None and getattr(stored, field) != getattr(each.row, field):
                remedy = f"it is {getattr(stored, field)}; another value needs another id"
                yield each.fault(
                    OLD_NAMES.get(field, field),
                    "changed",
                    "was imported with another value",
                    remedy,
                )


def overlap_faults(
    rows: Sequence[IndexedRow[Any]],
    known: Iterable[Any],
    group: Callable[[Any], object],
    span: Callable[[Any], tuple[int, int]],
    field: str,
) -> Iterator[Fault]:
    """Yield a fault for every row whose range overlaps another one of its group."""
    ids = {each.row.id for each in rows}
    others = [IndexedRow(STORED_PLACE, each) for each in known if each.id not in ids]
    widest: dict[object, IndexedRow[Any]] = {}
    for each in sorted([*others, *rows], key=lambda placed: span(placed.row)):
        before = widest.setdefault(group(each.row), each)
        if before is not each and span(each.row)[0] <= span(before.row)[1]:
            yield from overlap_fault(before, each, field)
        if span(each.row)[1] > span(before.row)[1]:
            widest[group(each.row)] = each


def one_group(_: object) -> str:
    """Return the same group for all numbers."""
    return ""


def overlap_fault(one: IndexedRow[Any], other: IndexedRow[Any], field: str) -> Iterator[Fault]:
    """Yield the fault of the later of two overlapping rows, if they have different ids."""
    later, earlier = sorted((one, other), key=lambda each: -each.place)
    if later.place != STORED_PLACE and later.row.id != earlier.row.id:
        reason = f"overlaps {earlier.row.id}"
        yield later.fault(field, "overlap", reason, "put every number into one row only")
