"""Mobile service in the province: the core of each local network, its numbers and SIM cards."""

from collections.abc import Iterator, Sequence

from tools.province.model import Exchange, Item, Segment

NUMBERS_OF_NETWORK = 1_000
CARDS_OF_NETWORK = 150
FIRST_NUMBER = 8613_300_000_000
HOME_NETWORK = "46003"
"""The country and network code of the operator's IMSIs."""


def mobile_cores(exchanges: Sequence[Exchange]) -> Iterator[Exchange]:
    """Yield the mobile core of each local network; its id is the area code."""
    first = {each.local_network: each for each in reversed(exchanges)}
    for network, exchange in sorted(first.items()):
        name = f"{exchange.name.partition(' ')[0]} mobile core"
        yield Exchange(network, name, network, exchange.city, exchange.district)


def mobile_segments(cores: Sequence[Exchange]) -> Iterator[Segment]:
    """Yield a segment of mobile numbers for each core."""
    for position, core in enumerate(cores):
        first = FIRST_NUMBER + position * 10_000
        network = core.local_network
        yield Segment(
            f"mobile-{network}", core.id, network, f"+{first}", NUMBERS_OF_NETWORK, kind="mobile"
        )


def sim_cards(cores: Sequence[Exchange]) -> Iterator[Item]:
    """Yield the SIM cards of each local network, with their IMSIs."""
    for position, core in enumerate(cores):
        for n in range(1, CARDS_OF_NETWORK + 1):
            digits = f"{position:03}{n:07}"
            attributes = {"imsi": f"{HOME_NETWORK}{digits}"}
            yield Item("sim", core.local_network, f"898603{digits}000", attributes=attributes)
