"""The demonstration province, whole and the same every time.

built = province()                # 200,000 numbers, about 6,000 addresses
built = province(numbers=10**6)   # another size for a bench

Divisions and area codes are real; what lies in them is made up by rule, without chance, so that
an example order can name an address or an exchange.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from tools.province.addresses import addresses as standard_addresses
from tools.province.divisions import City, District, cities
from tools.province.model import Address, Exchange, PairBlock, Segment, Splitter
from tools.province.numbering import segments
from tools.province.plant import lay_fibre, pair_blocks


@dataclass(frozen=True, slots=True)
class Province:
    """All that the services load."""

    exchanges: tuple[Exchange, ...]
    segments: tuple[Segment, ...]
    addresses: tuple[Address, ...]
    splitters: tuple[Splitter, ...]
    pair_blocks: tuple[PairBlock, ...]

    def orderable(self) -> Iterator[Address]:
        """Yield the addresses where a splitter has legs that work."""
        working = {each.id for each in self.splitters if each.legs > each.faulty_legs}
        return (address for address in self.addresses if address.splitter_id in working)


def build_province(numbers: int = 200_000, addresses: int = 6_000, pairs: int = 50_000) -> Province:
    """Build the province in the size asked for.

    Args:
        numbers: fixed-line numbers in all.
        addresses: besides `NO_FREE_PORT` and `UNSERVED`; one in 25 has no fibre, the others have
            two splitter legs or more each.
        pairs: for voice, over all exchanges.

    Raises:
        ValueError: the province cannot hold so many.
    """
    places = [
        (exchange(city, district), city, district)
        for city in cities()
        for district in city.districts
    ]
    exchanges = tuple(found for found, _, _ in places)
    towns = [(*place, town) for place in places for town in place[2].towns]
    served, splitters = lay_fibre(standard_addresses(towns, addresses))
    return Province(
        exchanges=exchanges,
        segments=tuple(segments(exchanges, numbers)),
        addresses=served,
        splitters=splitters,
        pair_blocks=tuple(pair_blocks(exchanges, pairs)),
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
