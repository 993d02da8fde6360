"""The standard addresses of the province: streets and houses in every town."""

from collections.abc import Iterator, Sequence

from tools.province.divisions import PROVINCE, City, District, Town
from tools.province.model import Address, Exchange

NO_FREE_PORT = "addr-320102-002-9001"
"""The address whose splitter has no free leg, whatever the size of the province."""

UNSERVED = "addr-320102-002-9002"
"""An address without fibre, whatever the size of the province."""

STREETS = ("人民路", "中山路", "解放路", "建设路", "新华路", "和平路", "文化路", "青年路")
EXAMPLE_ADDRESSES = {NO_FREE_PORT: "长江后街1号", UNSERVED: "长江后街2号"}
MAX_HOUSES = 9_000
"""The most houses a town may have; the numbers above are for the named ones."""

TownLocation = tuple[Exchange, City, District, Town]


def addresses(places: Sequence[TownLocation], count: int) -> Iterator[Address]:
    """Spread so many addresses evenly over the towns, and the two named ones besides.

    Raises:
        ValueError: the towns do not have so many houses.
    """
    if not 0 <= count <= MAX_HOUSES * len(places):
        message = f"{count} addresses do not fit: the province has 0 to {MAX_HOUSES * len(places)}"
        raise ValueError(message)
    for position, place in enumerate(places):
        before, after = (count * each // len(places) for each in (position, position + 1))
        yield from houses(place, after - before)
        yield from example_addresses(place)


def houses(place: TownLocation, count: int) -> Iterator[Address]:
    """Yield so many houses of one town, one street after the other in turn."""
    for house in range(count):
        number, street = divmod(house, len(STREETS))
        yield address(
            place, f"{address_id_prefix(place)}{house + 1:04}", f"{STREETS[street]}{number + 1}号"
        )


def example_addresses(place: TownLocation) -> Iterator[Address]:
    """Yield the named addresses that lie in this town."""
    for found, door in EXAMPLE_ADDRESSES.items():
        if found.startswith(address_id_prefix(place)):
            yield address(place, found, door)


def address(place: TownLocation, address_id: str, door: str) -> Address:
    """Return the address of one door, not served yet."""
    exchange, city, district, town = place
    return Address(
        id=address_id,
        text=f"{PROVINCE}{city.name}{district.name}{town.name}{door}",
        exchange_id=exchange.id,
        local_network=exchange.local_network,
    )


def address_id_prefix(place: TownLocation) -> str:
    """Return what the ids of a town's addresses begin with."""
    _, _, district, town = place
    return f"addr-{district.code}-{town.code}-"
