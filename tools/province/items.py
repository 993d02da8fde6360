"""Resources of the province that belong to no line plant: devices, addresses, circuits, cards."""

from collections.abc import Iterator, Sequence

from tools.province.model import Exchange, Item, ItemBlock

PORTS_PER_EXCHANGE = 8
OF_EACH_NETWORK = 24
"""Set-top boxes, addresses and circuits of each local network."""

IPTV_ACCOUNTS, NETWORKS, CARDS = 400, 100, 1000
BLOCKS = {"core": 24, "wavelength": 8, "rackunit": 42}
"""How many numbered resources an exchange has of each kind."""


def item_blocks(exchanges: Sequence[Exchange]) -> Iterator[ItemBlock]:
    """Yield the numbered resources of each exchange."""
    for exchange in exchanges:
        for kind, count in BLOCKS.items():
            yield ItemBlock(kind, exchange.id, first=1, count=count)


def items(exchanges: Sequence[Exchange]) -> Iterator[Item]:
    """Yield the single resources: of exchanges, of local networks, and of the whole province."""
    networks = list(dict.fromkeys(each.local_network for each in exchanges))
    for exchange in exchanges:
        yield from router_ports(exchange)
    for position, network in enumerate(networks):
        yield from items_of_network(position, network)
    yield from items_of_province()


def router_ports(exchange: Exchange) -> Iterator[Item]:
    """Yield the ports of the exchange's provider-edge router."""
    element = f"{exchange.id}-PE01"
    for n in range(1, PORTS_PER_EXCHANGE + 1):
        attributes = {"exchange": exchange.id, "interface": f"GE0/0/{n}"}
        yield Item("peport", exchange.id, f"{element}/{n:03}", element, attributes)


def items_of_network(position: int, network: str) -> Iterator[Item]:
    """Yield the resources of a local network; `position` is its place in the province."""
    for n in range(1, OF_EACH_NETWORK + 1):
        yield Item("stb", network, f"STB-{network}-{n:05}", attributes={"model": "4k"})
        yield Item("ipv4", network, f"203.0.{position + 1}.{n}")
        yield Item("ipv6", network, f"2001:db8:{position + 1:x}:{n:x}00::/56")
        yield Item("circuit", network, f"C-{network}-{n:05}")


def items_of_province() -> Iterator[Item]:
    """Yield the resources that all addresses share."""
    yield from (Item("iptvid", "", f"iptv{n:08}") for n in range(1, IPTV_ACCOUNTS + 1))
    yield from (Item("vrf", "", f"4134:{n}") for n in range(1, NETWORKS + 1))
    yield from (Item("card", "", f"CARD{n:012}") for n in range(1, CARDS + 1))
