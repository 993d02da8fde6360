"""The standard addresses of the province: streets and houses in every town."""

from collections.abc import Iterator, Sequence

from tools.province.divisions import PROVINCE, City, District, Town
from tools.province.model import Address, Exchange

NO_FREE_PORT = "addr-320102-002-9001"
"""The address whose splitter has no free leg; it exists in a province of any size."""

UNSERVED = "addr-320102-002-9002"
"""An address without fibre; it exists in a province of any size."""

STREETS = ("人民路", "中山路", "解放路", "建设路", "新华路", "和平路", "文化路", "青年路")
EXAMPLE_ADDRESSES = {NO_FREE_PORT: "长江后街1号", UNSERVED: "长江后街2号"}
MAX_HOUSES = 9_000
"""The most houses a town may have; higher numbers are for the two example addresses."""

TownLocation = tuple[Exchange, City, District, Town]


def addresses(towns: Sequence[TownLocation], count: int) -> Iterator[Address]:
    """Yield `count` addresses, spread evenly over the towns, and the two example addresses.

    Raises:
        ValueError: `count` is more than the towns can have.
    """
    if not 0 <= count <= MAX_HOUSES * len(towns):
        message = f"{count} addresses do not fit: the province has 0 to {MAX_HOUSES * len(towns)}"
        raise ValueError(message)
    for position, town in enumerate(towns):
        before, after = (count * each // len(towns) for each in (position, position + 1))
        yield from houses(town, after - before)
        yield from example_addresses(town)


def houses(town: TownLocation, count: int) -> Iterator[Address]:
    """Yield `count` houses of one town, alternating between its streets."""
    for house in range(count):
        number, street = divmod(house, len(STREETS))
        yield address(
            town, f"{address_id_prefix(town)}{house + 1:04}", f"{STREETS[street]}{number + 1}号"
        )


def example_addresses(town: TownLocation) -> Iterator[Address]:
    """Yield the example addresses in this town."""
    for address_id, street_and_number in EXAMPLE_ADDRESSES.items():
        if address_id.startswith(address_id_prefix(town)):
            yield address(town, address_id, street_and_number)


def address(location: TownLocation, address_id: str, street_and_number: str) -> Address:
    """Return one address, not yet served by a splitter."""
    exchange, city, district, town = location
    return Address(
        id=address_id,
        text=f"{PROVINCE}{city.name}{district.name}{town.name}{street_and_number}",
        exchange_id=exchange.id,
        local_network=exchange.local_network,
    )


def address_id_prefix(location: TownLocation) -> str:
    """Return the prefix of the ids of a town's addresses."""
    _, _, district, town = location
    return f"addr-{district.code}-{town.code}-"
