"""The line plant of the province: PON to the addresses, and pairs on the frames (MDF)."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, cycle, groupby

from tools.province.addresses import NO_FREE_PORT, UNSERVED
from tools.province.model import Address, Exchange, PairBlock, Splitter

HOUSES_PER_UNSERVED = 25
"""One of this many houses has no fibre."""

RATIOS = (8, 16, 32)
LEGS_PER_HOUSE = 2
LEGS_PER_PORT = 64
"""The most customers behind one PON port."""

PORTS_PER_SLOT, SLOTS_PER_OLT = 16, 16
FIRST_SVLAN, LAST_SVLAN = 101, 4094
FIRST_CVLAN = 101


@dataclass(frozen=True, slots=True)
class SplitterArea:
    """The houses of one town that one splitter serves."""

    addresses: tuple[Address, ...]
    legs: int
    faulty_legs: int = 0


def assign_splitters(
    addresses: Iterable[Address],
) -> tuple[tuple[Address, ...], tuple[Splitter, ...]]:
    """Assign a splitter to most addresses.

    Returns the addresses with their splitters, in the given order, and all splitters.

    Raises:
        ValueError: an exchange would need more PON ports than it has SVLANs.
    """
    given = tuple(addresses)
    placed = tuple(
        chain.from_iterable(
            place_splitters(exchange_id, splitter_areas(of_exchange))
            for exchange_id, of_exchange in groupby(
                addresses_with_fibre(given), lambda a: a.exchange_id
            )
        )
    )
    splitter_of = {each.id: splitter.id for splitter, area in placed for each in area.addresses}
    served = (replace(address, splitter_id=splitter_of.get(address.id)) for address in given)
    return tuple(served), tuple(splitter for splitter, _ in placed)


def addresses_with_fibre(addresses: Iterable[Address]) -> Iterator[Address]:
    """Yield the addresses that have fibre."""
    for position, address in enumerate(addresses, start=1):
        if address.id == NO_FREE_PORT or (
            position % HOUSES_PER_UNSERVED and address.id != UNSERVED
        ):
            yield address


def splitter_areas(addresses: Iterable[Address]) -> Iterator[SplitterArea]:
    """Divide an exchange's addresses among splitters of all ratios, each within one town."""
    ratios = cycle(RATIOS)
    for (_, is_full), together in groupby(
        addresses, lambda a: (town_prefix(a), a.id == NO_FREE_PORT)
    ):
        remaining = tuple(together)
        while remaining:
            legs = next(ratios)
            houses = legs // LEGS_PER_HOUSE
            yield SplitterArea(remaining[:houses], legs, faulty_legs=legs if is_full else 0)
            remaining = remaining[houses:]


def town_prefix(address: Address) -> str:
    """Return the part of an address's id that names its town."""
    return address.id.rpartition("-")[0]


def place_splitters(
    exchange_id: str, areas: Iterable[SplitterArea]
) -> Iterator[tuple[Splitter, SplitterArea]]:
    """Yield each area with its splitter; PON ports are filled one after the other."""
    port = used = 0
    for number, area in enumerate(areas, start=1):
        if used + area.legs > LEGS_PER_PORT:
            port, used = port + 1, 0
        yield splitter(exchange_id, number, port, used, area), area
        used += area.legs


def splitter(exchange_id: str, number: int, port: int, used: int, area: SplitterArea) -> Splitter:
    """Return the splitter of an area on a PON port that has `used` legs already."""
    svlan = FIRST_SVLAN + port
    if svlan > LAST_SVLAN:
        message = f"{exchange_id} has more PON ports than SVLANs: use fewer addresses"
        raise ValueError(message)
    olt, port_of_olt = divmod(port, PORTS_PER_SLOT * SLOTS_PER_OLT)
    slot, port_of_slot = divmod(port_of_olt, PORTS_PER_SLOT)
    return Splitter(
        id=f"{exchange_id}-SP{number:03}",
        exchange_id=exchange_id,
        olt=f"{exchange_id}-OLT{olt + 1:02}",
        pon_port=f"0/{slot}/{port_of_slot}",
        legs=area.legs,
        svlan=svlan,
        first_cvlan=FIRST_CVLAN + used,
        faulty_legs=area.faulty_legs,
    )


def pair_blocks(exchanges: Sequence[Exchange], pairs: int) -> Iterator[PairBlock]:
    """Yield a block of pairs for each exchange; the pairs are distributed evenly."""
    for position, exchange in enumerate(exchanges):
        before, after = (pairs * each // len(exchanges) for each in (position, position + 1))
        yield PairBlock(exchange.id, first=1, count=after - before)
