"""The orders of the bench, and the catalogue and plant that they need."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from itertools import count, cycle, islice
from pathlib import Path
from typing import Any
from uuid import uuid4

import msgspec

from deploy.local.home import CHECKOUT
from services.console.client import JSON, ApiError, Client
from tools.bench.load_generator import OrderRequest
from tools.province.model import Address, Exchange, PairBlock, Segment, Splitter

HERE = Path(__file__).parent
NETWORK = "025"
EXCHANGE = "BENCH"
LEGS = 64
SPLITTERS_PER_OLT = 8
AAA_CONCURRENCY = 128
"""Concurrent calls: one AAA serves all orders."""

MIXED_EXAMPLES = ("ftth-new", "voice-new", "bundle-home")
"""Examples: one order each of fibre, a telephone line, and both."""

FIRST_NUMBER = 8_000_0000
"""Without the area code."""

BLUEPRINT_TIMEOUT_S = 30.0
"""The order service receives blueprints as an event, usually within milliseconds."""

PAUSE_S = 0.1

PER_SEGMENT = 10_000
PER_BLOCK = 10_000

_customer_numbers = count(1)


def load_catalogue(client: Client) -> None:
    """Publish the blueprints, then the catalogue once the order service has the blueprints."""
    blueprints = msgspec.json.decode((HERE / "blueprints.json").read_bytes())
    client.post("provisioning", "/ops/v1/blueprints", blueprints)
    catalogue = msgspec.json.decode((HERE / "catalogue.json").read_bytes())
    end = time.monotonic() + BLUEPRINT_TIMEOUT_S
    while not _try_publish_catalogue(client, catalogue, is_last=time.monotonic() > end):
        time.sleep(PAUSE_S)


def _try_publish_catalogue(client: Client, catalogue: JSON, *, is_last: bool) -> bool:
    """Publish a catalogue; return False if blueprints are missing and this is not the last try."""
    try:
        client.post("order", "/ops/v1/catalogue", catalogue)
    except ApiError as error:
        codes = {each["code"] for each in error.problem.get("errors", ())}
        if is_last or codes != {"not-deliverable"}:
            raise
        return False
    return True


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
    return Splitter(f"bench-SP{n}", EXCHANGE, _olt(n), port, LEGS, 100 + n, 1)


def _olt(splitter: int) -> str:
    """Return the OLT of a splitter."""
    return f"bench-OLT{splitter // SPLITTERS_PER_OLT}"


def _address(n: int) -> Address:
    return Address(f"bench-addr-{n}", f"Bench Road {n}", EXCHANGE, NETWORK, f"bench-SP{n}")


def reference_orders(number: int) -> list[OrderRequest]:
    """Return `number` orders for the reference line."""
    return [_plain_order("reference-line", "bench-addr-0", ()) for _ in range(number)]


def fibre_orders(number: int, first: int, splitters: int) -> list[OrderRequest]:
    """Return `number` orders for fibre, distributed over the splitters from `first` on."""
    speed = ({"name": "speedMbps", "value": 300},)
    addresses = (f"bench-addr-{n % splitters}" for n in range(first, first + number))
    return [_plain_order("ftth-300", address, speed) for address in addresses]


def mixed_orders(number: int, splitters: int) -> list[OrderRequest]:
    """Return `number` orders for fibre, telephone and bundles in rotation, as in `examples/`."""
    examples = [(CHECKOUT / "examples" / f"{name}.json").read_bytes() for name in MIXED_EXAMPLES]
    return [
        _order_like_example(msgspec.json.decode(example), f"bench-addr-{n % splitters}")
        for n, example in enumerate(islice(cycle(examples), number))
    ]


def _order_like_example(body: dict[str, Any], address: str) -> OrderRequest:
    """Return an example order with another customer and address."""
    key = str(uuid4())
    body |= {"externalId": f"bench-{key}", "relatedParty": list(_parties(next(_customer_numbers)))}
    for item in _all_items(body["productOrderItem"]):
        for place in item.get("product", {}).get("place", ()):
            place |= {"id": address, "localNetwork": NETWORK}
    return OrderRequest(key, msgspec.json.encode(body))


def _all_items(items: Sequence[Any]) -> Iterator[dict[str, Any]]:
    """Yield items and their nested items."""
    for item in items:
        yield item
        yield from _all_items(item.get("productOrderItem", ()))


def _plain_order(
    offering: str, address: str, characteristics: tuple[dict[str, Any], ...]
) -> OrderRequest:
    """Return an order of about a kilobyte, as a CRM sends it."""
    key = str(uuid4())
    n = next(_customer_numbers)
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
    return OrderRequest(key, msgspec.json.encode(body))


def _parties(n: int) -> Iterator[dict[str, Any]]:
    yield {
        "id": f"bench-party-{n}",
        "role": "customer",
        "name": f"Customer {n}",
        "@referredType": "Individual",
    }
