"""What the bench orders, and the plant it needs for that."""

from collections.abc import Iterator
from dataclasses import asdict
from itertools import count
from pathlib import Path
from typing import Any
from uuid import uuid4

import msgspec

from deploy.jiangsu.model import Address, Exchange, PairBlock, Segment, Splitter
from services.console.bench.load import Post
from services.console.client import Client

HERE = Path(__file__).parent
NETWORK = "025"
EXCHANGE = "BENCH"
LEGS = 64
SPLITTERS_AN_OLT = 8
AT_THE_AAA = 128
"""Calls at a time: one AAA serves all orders, and is no small machine."""

PER_SEGMENT = 10_000
PER_BLOCK = 10_000

_names = count(1)


def load_catalogue(client: Client) -> None:
    """Offer the reference line, and say how it is delivered."""
    client.post(
        "order", "/ops/v1/catalogue", msgspec.json.decode((HERE / "catalogue.json").read_bytes())
    )
    blueprints = msgspec.json.decode((HERE / "blueprints.json").read_bytes())
    client.post("provisioning", "/ops/v1/blueprints", blueprints)


def open_up(client: Client) -> None:
    """Let the AAA bear as many calls as a bench makes."""
    body = {"concurrency": AT_THE_AAA}
    client.send("provisioning", "PUT", "/ops/v1/elements/aaa", json=body)


def load_plant(client: Client, numbers: int, splitters: int) -> None:
    """Make numbers and pairs for so many lines, and so many splitters for fibre."""
    blocks = range(0, numbers, PER_SEGMENT)
    first = 8_000_0000
    load: dict[str, list[Any]] = {
        "exchanges": [Exchange(EXCHANGE, "Bench", NETWORK, "南京市", "玄武区")],
        "segments": [
            Segment(f"bench-{n}", EXCHANGE, NETWORK, f"+8625{first + n}", PER_SEGMENT)
            for n in blocks
        ],
        "pairs": [PairBlock(EXCHANGE, 1 + n, PER_BLOCK) for n in blocks],
        "splitters": [_splitter(n) for n in range(splitters)],
        "addresses": [_address(n) for n in range(max(1, splitters))],
    }
    for kind, rows in load.items():
        client.post("resources", f"/ops/v1/import/{kind}", [asdict(row) for row in rows])


def _splitter(n: int) -> Splitter:
    port = f"0/{n // 16 % 16}/{n % 16}"
    return Splitter(
        f"bench-SP{n}", EXCHANGE, f"bench-OLT{n // SPLITTERS_AN_OLT}", port, LEGS, 100 + n, 1
    )


def _address(n: int) -> Address:
    return Address(f"bench-addr-{n}", f"Bench Road {n}", EXCHANGE, NETWORK, f"bench-SP{n}")


def reference_orders(number: int) -> list[Post]:
    """Return so many orders for the reference line."""
    return [_order("reference-line", "bench-addr-0", ()) for _ in range(number)]


def fibre_orders(number: int, first: int, splitters: int) -> list[Post]:
    """Return so many orders for fibre, spread over the splitters from `first` on."""
    speed = ({"name": "speedMbps", "value": 300},)
    addresses = (f"bench-addr-{n % splitters}" for n in range(first, first + number))
    return [_order("ftth-300", address, speed) for address in addresses]


def _order(offering: str, address: str, characteristics: tuple[dict[str, Any], ...]) -> Post:
    """Return an order of about a kilobyte, as a CRM sends it."""
    key = str(uuid4())
    n = next(_names)
    body = {
        "externalId": f"bench-{key}",
        "description": "An order of the bench",
        "category": "public",
        "priority": "4",
        "channel": [{"id": "internet", "name": "internet"}],
        "relatedParty": list(_parties(n)),
        "productOrderItem": [
            {
                "id": "1",
                "action": "add",
                "productOffering": {"id": offering},
                "product": {
                    "productCharacteristic": list(characteristics),
                    "place": [{"id": address, "role": "installation address"}],
                },
            }
        ],
    }
    return Post(key, msgspec.json.encode(body))


def _parties(n: int) -> Iterator[dict[str, Any]]:
    yield {
        "id": f"bench-party-{n}",
        "role": "customer",
        "name": f"Customer {n}",
        "@referredType": "Individual",
    }
