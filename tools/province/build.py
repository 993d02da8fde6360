"""The demonstration province; it is the same on every run.

built = build_province()                # 200,000 numbers, about 6,000 addresses
built = build_province(number_count=10**6)   # another size for a bench

Divisions and area codes are real; exchanges, numbers and plant are generated without randomness,
so that an example order can name an address or an exchange.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from tools.province.addresses import addresses as standard_addresses
from tools.province.divisions import City, District, cities
from tools.province.items import item_blocks, items
from tools.province.mobile import mobile_cores, mobile_segments, sim_cards
from tools.province.model import (
    Address,
    Exchange,
    Item,
    ItemBlock,
    PairBlock,
    Segment,
    Splitter,
)
from tools.province.numbering import segments
from tools.province.plant import assign_splitters, pair_blocks


@dataclass(frozen=True, slots=True)
class Province:
    """All data that the services load."""

    exchanges: tuple[Exchange, ...]
    segments: tuple[Segment, ...]
    addresses: tuple[Address, ...]
    splitters: tuple[Splitter, ...]
    pair_blocks: tuple[PairBlock, ...]
    mobile_cores: tuple[Exchange, ...]
    mobile_segments: tuple[Segment, ...]
    item_blocks: tuple[ItemBlock, ...]
    items: tuple[Item, ...]

    def orderable_addresses(self) -> Iterator[Address]:
        """Yield the addresses whose splitter has working legs."""
        working = {each.id for each in self.splitters if each.legs > each.faulty_legs}
        return (address for address in self.addresses if address.splitter_id in working)


def build_province(
    number_count: int = 200_000, address_count: int = 6_000, pair_count: int = 50_000
) -> Province:
    """Build the province in the requested size.

    Args:
        number_count: the total of fixed-line numbers.
        address_count: besides `NO_FREE_PORT` and `UNSERVED`; one in 25 has no fibre, the others
            have two splitter legs or more each.
        pair_count: the total of voice pairs of all exchanges.

    Raises:
        ValueError: a count exceeds the capacity of the province.
    """
    places = [
        (exchange(city, district), city, district)
        for city in cities()
        for district in city.districts
    ]
    exchanges = tuple(each for each, _, _ in places)
    towns = [(*place, town) for place in places for town in place[2].towns]
    cores = tuple(mobile_cores(exchanges))
    served, splitters = assign_splitters(standard_addresses(towns, address_count))
    return Province(
        exchanges=exchanges,
        segments=tuple(segments(exchanges, number_count)),
        addresses=served,
        splitters=splitters,
        pair_blocks=tuple(pair_blocks(exchanges, pair_count)),
        item_blocks=tuple(item_blocks(exchanges)),
        mobile_cores=cores,
        mobile_segments=tuple(mobile_segments(cores)),
        items=(*items(exchanges), *sim_cards(cores)),
    )


def exchange(city: City, district: District) -> Exchange:
    """Return the exchange of one district."""
    return Exchange(
        id=f"{city.short}-{district.short}",
        name=f"{city.pinyin} {district.pinyin}",
        local_network=city.area_code,
        city=city.name,
        district=district.name,
    )
