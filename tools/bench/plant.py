"""The plant of the bench: numbers, lines and cards, and the elements that orders use."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from services.console.client import Client
from tools.province.model import Address, Exchange, Item, PairBlock, Segment, Splitter

NETWORK = "025"
EXCHANGE = "BENCH"
LEGS = 64
SPLITTERS_PER_OLT = 8
AAA_CONCURRENCY = 128
"""Concurrent calls: one AAA serves all orders."""

FIRST_NUMBER = 8_000_0000
"""Without the area code."""

FIRST_MOBILE_NUMBER = 8613_390_000_000
HOME_NETWORK = "46011"
"""The country and network code of the IMSIs."""

NUMBERS_PER_CARD = 2
"""Mobile numbers for each SIM card: vanity numbers among them are not given to plain orders."""

PER_SEGMENT = 10_000
PER_BLOCK = 10_000
ROWS_PER_REQUEST = 4_000
"""Of an import: it is less than the megabyte that the services accept."""


def set_concurrency_limits(client: Client, calls: int, *elements: str) -> None:
    """Set the concurrency limit of elements."""
    for each in elements:
        path = f"/ops/v1/elements/{each}"
        client.send("provisioning", "PUT", path, json={"concurrency": calls})


def raise_aaa_limit(client: Client) -> None:
    """Raise the AAA's concurrency limit to that of the bench."""
    set_concurrency_limits(client, AAA_CONCURRENCY, "aaa")


def element_names(splitters: int) -> Iterator[str]:
    """Yield the elements that orders on these splitters use."""
    yield from ("aaa", "ims")
    yield from dict.fromkeys(_olt(n) for n in range(splitters))


def load_plant(client: Client, numbers: int, splitters: int, *, first: int = FIRST_NUMBER) -> None:
    """Import `numbers` numbers, from `first` on, as many pairs, and `splitters` splitters."""
    blocks = range(0, numbers, PER_SEGMENT)
    import_rows(
        client,
        {
            "exchanges": [Exchange(EXCHANGE, "Bench", NETWORK, "南京市", "玄武区")],
            "segments": [
                Segment(f"bench-{n}", EXCHANGE, NETWORK, f"+8625{first + n}", PER_SEGMENT)
                for n in blocks
            ],
            "pairs": [PairBlock(EXCHANGE, 1 + n, PER_BLOCK) for n in blocks],
        },
    )
    load_splitters(client, range(max(1, splitters)))


def load_splitters(client: Client, numbers: Sequence[int]) -> None:
    """Import splitters, each with an address that it serves."""
    splitters = [_splitter(n) for n in numbers]
    import_rows(client, {"splitters": splitters, "addresses": [_address(n) for n in numbers]})


def load_mobile_plant(client: Client, first: int, number: int) -> None:
    """Import SIM cards, counted from `first` on, and mobile numbers that suffice for them."""
    number_from, numbers = NUMBERS_PER_CARD * first, NUMBERS_PER_CARD * number
    segment = Segment(
        f"bench-mobile-{first}",
        *(NETWORK, NETWORK, f"+{FIRST_MOBILE_NUMBER + number_from}", numbers),
        kind="mobile",
    )
    core = Exchange(NETWORK, "Nanjing mobile core", NETWORK, city="", district="")
    cards = [_sim_card(n) for n in range(first, first + number)]
    import_rows(client, {"exchanges": [core], "segments": [segment], "items": cards})


def load_television_plant(client: Client, first: int, number: int) -> None:
    """Import IPTV accounts and set-top boxes, `number` of each, counted from `first` on."""
    numbers = range(first, first + number)
    accounts = [Item("iptvid", "", f"bench-iptv-{n}") for n in numbers]
    boxes = [Item("stb", NETWORK, f"bench-stb-{n}") for n in numbers]
    import_rows(client, {"items": [*accounts, *boxes]})


def import_rows(client: Client, rows: Mapping[str, Sequence[Any]]) -> None:
    """Import rows by the name of their import, in this order."""
    for name, all_ in rows.items():
        for part in _parts(all_):
            client.post("resources", f"/ops/v1/import/{name}", [asdict(row) for row in part])


def _parts(rows: Sequence[Any]) -> Iterable[Sequence[Any]]:
    """Yield the rows in parts that fit into one request."""
    return (rows[n : n + ROWS_PER_REQUEST] for n in range(0, len(rows), ROWS_PER_REQUEST))


@dataclass
class AddedPlant:
    """The plant that cases import for their own orders, counted so that none is imported twice."""

    client: Client
    splitters: int
    """How many there are, those that all cases share included."""

    mobile: int = 0
    television: int = 0

    def add_addresses(self, customers: int) -> list[str]:
        """Import splitters with a leg for each of these customers; return their addresses."""
        numbers = range(self.splitters, self.splitters - (-customers // LEGS))
        self.splitters = numbers.stop
        load_splitters(self.client, numbers)
        return [address_id(numbers[n % len(numbers)]) for n in range(customers)]

    def add_mobile(self, cards: int) -> None:
        """Import this many SIM cards, with numbers."""
        load_mobile_plant(self.client, self.mobile, cards)
        self.mobile += cards

    def add_television(self, accounts: int) -> None:
        """Import this many IPTV accounts and set-top boxes."""
        load_television_plant(self.client, self.television, accounts)
        self.television += accounts


def address_id(splitter: int) -> str:
    """Return the address that a splitter serves."""
    return f"bench-addr-{splitter}"


def _splitter(n: int) -> Splitter:
    port = f"0/{n // 16 % 16}/{n % 16}"
    return Splitter(f"bench-SP{n}", EXCHANGE, _olt(n), port, LEGS, 100 + n, 1)


def _olt(splitter: int) -> str:
    """Return the OLT of a splitter."""
    return f"bench-OLT{splitter // SPLITTERS_PER_OLT}"


def _address(n: int) -> Address:
    return Address(address_id(n), f"Bench Road {n}", EXCHANGE, NETWORK, f"bench-SP{n}")


def _sim_card(n: int) -> Item:
    """Return a SIM card: its ICCID, and its IMSI."""
    return Item("sim", NETWORK, f"898604{n:014}", attributes={"imsi": f"{HOME_NETWORK}{n:010}"})
