"""Import the province city by city, so that orders can start before the last city is loaded."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any, NamedTuple

from services.console.client import Client
from tools.province.build import Province

MAX_BYTES = 500_000
"""Of one request; the services accept up to a megabyte."""

BYTES_PER_ROW = 300


class CityRows(NamedTuple):
    """All rows of one local network."""

    local_network: str
    rows: dict[str, list[Any]]
    """By the name of the import, in the order of their references."""

    @property
    def numbers(self) -> int:
        """The number of its phone numbers."""
        return sum(segment.count for segment in self.rows["segments"])


def rows_by_city(province: Province) -> list[CityRows]:
    """Return the rows of each city of a province; what all share comes with the first."""
    networks = dict.fromkeys(each.local_network for each in province.exchanges)
    cities = [rows_of_city(province, network) for network in networks]
    cities[0].rows["items"] += [each for each in province.items if not each.pool]
    return cities


def rows_of_city(province: Province, network: str) -> CityRows:
    """Return the rows of one local network."""
    exchanges = [each for each in province.exchanges if each.local_network == network]
    ids = {each.id for each in exchanges}
    cores = [each for each in province.mobile_cores if each.local_network == network]
    mobile = [each for each in province.mobile_segments if each.local_network == network]
    rows: dict[str, list[Any]] = {
        "exchanges": [*exchanges, *cores],
        "splitters": [each for each in province.splitters if each.exchange_id in ids],
        "addresses": [each for each in province.addresses if each.exchange_id in ids],
        "pairs": [each for each in province.pair_blocks if each.exchange_id in ids],
        "blocks": [each for each in province.item_blocks if each.pool in ids],
        "items": [each for each in province.items if each.pool in {network, *ids}],
        "segments": [*(each for each in province.segments if each.exchange_id in ids), *mobile],
    }
    return CityRows(network, rows)


def import_city(client: Client, city: CityRows) -> None:
    """Import one city.

    Raises:
        CommandError: the service refuses, or does not answer.
    """
    for name, rows in city.rows.items():
        for part in chunks(rows):
            client.post(
                "resources", f"/ops/v1/import/{name}", [to_import_format(row) for row in part]
            )


IMPORT_FIELD_NAMES = {"exchange_id": "exchange", "splitter_id": "splitter"}
"""Fields that the import names differently."""


def to_import_format(row: Any) -> dict[str, Any]:  # noqa: ANN401  one of many kinds of rows
    """Return a row in the format of the import."""
    return {IMPORT_FIELD_NAMES.get(name, name): value for name, value in asdict(row).items()}


def chunks(rows: Sequence[Any]) -> Iterator[Sequence[Any]]:
    """Yield the rows in parts that fit into one request."""
    size = MAX_BYTES // BYTES_PER_ROW
    return (rows[begin : begin + size] for begin in range(0, len(rows), size))
