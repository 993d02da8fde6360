"""Loading the province, city after city, so that orders can begin before the last is there."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any, NamedTuple

from deploy.jiangsu.province import Province
from services.console.client import Client

MOST_BYTES = 500_000
"""A service takes a megabyte at a time."""

BYTES_A_ROW = 300


class City(NamedTuple):
    """All that one local network is loaded with."""

    local_network: str
    rows: dict[str, list[Any]]
    """By the name of the import, in the order in which they stand on each other."""

    @property
    def numbers(self) -> int:
        """How many numbers it has."""
        return sum(segment.count for segment in self.rows["segments"])


def cities(province: Province) -> list[City]:
    """Divide a province into its cities."""
    networks = dict.fromkeys(each.local_network for each in province.exchanges)
    return [city(province, network) for network in networks]


def city(province: Province, network: str) -> City:
    """Return what lies in one local network."""
    exchanges = [each for each in province.exchanges if each.local_network == network]
    ids = {each.id for each in exchanges}
    rows: dict[str, list[Any]] = {
        "exchanges": exchanges,
        "splitters": [each for each in province.splitters if each.exchange_id in ids],
        "addresses": [each for each in province.addresses if each.exchange_id in ids],
        "pairs": [each for each in province.pair_blocks if each.exchange_id in ids],
        "segments": [each for each in province.segments if each.exchange_id in ids],
    }
    return City(network, rows)


def load(client: Client, loaded: City) -> None:
    """Import one city.

    Raises:
        CommandError: if the service refuses, or does not answer.
    """
    for name, rows in loaded.rows.items():
        for part in parts(rows):
            client.post("resources", f"/ops/v1/import/{name}", [shown(row) for row in part])


NAMES = {"exchange_id": "exchange", "splitter_id": "splitter"}
"""What the import calls what the province has under another name."""


def shown(row: Any) -> dict[str, Any]:  # noqa: ANN401  one of many kinds of rows
    """Return a row as the import reads it."""
    return {NAMES.get(name, name): value for name, value in asdict(row).items()}


def parts(rows: Sequence[Any]) -> Iterator[Sequence[Any]]:
    """Divide rows so that each part can be sent at once."""
    size = MOST_BYTES // BYTES_A_ROW
    return (rows[begin : begin + size] for begin in range(0, len(rows), size))
