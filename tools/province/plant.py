"""The lines of the province: the PON plant to the addresses, the pairs on the frames."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, cycle, groupby

from tools.province.addresses import NO_FREE_PORT, UNSERVED
from tools.province.model import Address, Exchange, PairBlock, Splitter

HOUSES_PER_UNSERVED = 25
"""One house in so many has no fibre yet."""

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


def lay_fibre(addresses: Iterable[Address]) -> tuple[tuple[Address, ...], tuple[Splitter, ...]]:
    """Lay fibre to the addresses, most of them.

    Returns the addresses with what serves each, in the order they came in, and the splitters.

    Raises:
        ValueError: an exchange would need more PON ports than it has SVLANs.
    """
    found = tuple(addresses)
    laid = tuple(
        chain.from_iterable(
            place_splitters(exchange_id, splitter_areas(of_exchange))
            for exchange_id, of_exchange in groupby(with_fibre(found), lambda a: a.exchange_id)
        )
    )
    splitter_of = {address.id: splitter.id for splitter, drop in laid for address in drop.addresses}
    served = (replace(address, splitter_id=splitter_of.get(address.id)) for address in found)
    return tuple(served), tuple(splitter for splitter, _ in laid)


def with_fibre(addresses: Iterable[Address]) -> Iterator[Address]:
    """Yield the addresses that fibre reaches."""
    for position, address in enumerate(addresses, start=1):
        if address.id == NO_FREE_PORT or (
            position % HOUSES_PER_UNSERVED and address.id != UNSERVED
        ):
            yield address


def splitter_areas(addresses: Iterable[Address]) -> Iterator[SplitterArea]:
    """Divide an exchange's addresses among splitters of all ratios, each within one town."""
    ratios = cycle(RATIOS)
    for (_, is_full), together in groupby(addresses, lambda a: (town_of(a), a.id == NO_FREE_PORT)):
        left = tuple(together)
        while left:
            legs = next(ratios)
            houses = legs // LEGS_PER_HOUSE
            yield SplitterArea(left[:houses], legs, faulty_legs=legs if is_full else 0)
            left = left[houses:]


def town_of(address: Address) -> str:
    """Return the part of an address's id that names its town."""
    return address.id.rpartition("-")[0]


def place_splitters(
    exchange_id: str, wanted: Iterable[SplitterArea]
) -> Iterator[tuple[Splitter, SplitterArea]]:
    """Give each drop its splitter, filling one PON port after the other."""
    port = used = 0
    for number, drop in enumerate(wanted, start=1):
        if used + drop.legs > LEGS_PER_PORT:
            port, used = port + 1, 0
        yield splitter(exchange_id, number, port, used, drop), drop
        used += drop.legs


def splitter(exchange_id: str, number: int, port: int, used: int, drop: SplitterArea) -> Splitter:
    """Return the splitter of a drop, behind the port's legs that are used already."""
    svlan = FIRST_SVLAN + port
    if svlan > LAST_SVLAN:
        message = f"{exchange_id} has more PON ports than SVLANs: ask for fewer addresses"
        raise ValueError(message)
    olt, place = divmod(port, PORTS_PER_SLOT * SLOTS_PER_OLT)
    slot, port_of_slot = divmod(place, PORTS_PER_SLOT)
    return Splitter(
        id=f"{exchange_id}-SP{number:03}",
        exchange_id=exchange_id,
        olt=f"{exchange_id}-OLT{olt + 1:02}",
        pon_port=f"0/{slot}/{port_of_slot}",
        legs=drop.legs,
        svlan=svlan,
        first_cvlan=FIRST_CVLAN + used,
        faulty_legs=drop.faulty_legs,
    )


def pair_blocks(exchanges: Sequence[Exchange], pairs: int) -> Iterator[PairBlock]:
    """Spread so many pairs evenly over the exchanges' distribution frames."""
    for position, exchange in enumerate(exchanges):
        before, after = (pairs * each // len(exchanges) for each in (position, position + 1))
        yield PairBlock(exchange.id, first=1, count=after - before)
