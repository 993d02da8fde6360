"""The orders of the bench: a function for the items of each line, and for each action."""

from collections.abc import Iterator, Sequence
from itertools import count, cycle, islice
from typing import Any, NamedTuple
from uuid import UUID, uuid4

import msgspec

from deploy.local.home import CHECKOUT
from tools.bench.load_generator import OrderRequest
from tools.bench.plant import NETWORK, address_id

MIXED_EXAMPLES = ("ftth-new", "voice-new", "bundle-home")
"""Examples: one order each of fibre, a telephone line, and both."""

BUNDLE = "bench-ten"
ADDED_TO_BUNDLE = (
    *("voice-basic", "iptv-hd", "pack-films", "pack-sports"),
    *("data-10", "data-30"),
)
"""The offerings in the bundle whose items state nothing: all but fibre and the mobile cards."""

BUNDLE_CARDS = 3
"""The mobile cards in the bundle: the main card and two member cards."""

SPEEDS = {"ftth-300": 300, "ftth-1000": 1000}
"""The offerings between which fibre products are changed, with their rates in Mbit/s."""

LOWEST_PRIORITY = 4
"""That of orders which state none."""

ARREARS = "arrears-one-way"
ROLE = "installation address"

Item = dict[str, Any]
Places = Sequence[dict[str, str]]

_customer_numbers = count(1)


class InstalledProduct(NamedTuple):
    """A product that a customer has."""

    id: UUID
    service_id: UUID
    party_id: str
    offering_id: str
    status: str


def reference_orders(number: int) -> list[OrderRequest]:
    """Return `number` orders for the reference line."""
    return [new_order(new_item("reference-line", at(address_id(0)))) for _ in range(number)]


def fibre_orders(
    addresses: Sequence[str], priorities: Sequence[int] = (LOWEST_PRIORITY,)
) -> list[OrderRequest]:
    """Return an order for fibre at each address, with these priorities in turn."""
    return [
        new_order(fibre_item(at(each)), priority)
        for each, priority in zip(addresses, cycle(priorities), strict=False)
    ]


def mobile_orders(number: int) -> list[OrderRequest]:
    """Return `number` orders for a mobile plan."""
    return [
        new_order(mobile_item("plan-20", IN_NETWORK), is_identified=True) for _ in range(number)
    ]


def bundle_orders(addresses: Sequence[str]) -> list[OrderRequest]:
    """Return an order for the bundle of ten products at each address."""
    return [new_order(bundle_item(each), is_identified=True) for each in addresses]


def mixed_orders(number: int, splitters: int) -> list[OrderRequest]:
    """Return `number` orders for fibre, telephone and bundles in rotation, as in `examples/`."""
    examples = [(CHECKOUT / "examples" / f"{name}.json").read_bytes() for name in MIXED_EXAMPLES]
    return [
        _order_like_example(msgspec.json.decode(example), address_id(n % splitters))
        for n, example in enumerate(islice(cycle(examples), number))
    ]


def speed_change(product: InstalledProduct) -> OrderRequest:
    """Return an order that gives a fibre product the other speed."""
    return modification(product, "change", productOffering={"id": other_speed(product)})


def other_speed(product: InstalledProduct) -> str:
    """Return the offering to which the speed of a fibre product is changed."""
    return next(each for each in SPEEDS if each != product.offering_id)


def arrears_suspension(product: InstalledProduct) -> OrderRequest:
    """Return an order that suspends a product for arrears."""
    return modification(product, "suspend", suspensionReason=ARREARS)


def arrears_resumption(product: InstalledProduct) -> OrderRequest:
    """Return an order that resumes a product that was suspended for arrears."""
    return modification(product, "resume", suspensionReason=ARREARS)


def fibre_item(places: Places, id_: str = "1") -> Item:
    """Return the item of a new fibre line."""
    return new_item("ftth-300", places, id_, [{"name": "speedMbps", "value": 300}])


def mobile_item(offering: str, places: Places, id_: str = "1") -> Item:
    """Return the item of a new mobile plan, with its main card."""
    return new_item(offering, places, id_)


def member_card_item(offering: str, places: Places, id_: str = "1") -> Item:
    """Return the item of a new member card of the mobile plan in the same order."""
    return new_item(offering, places, id_)


def bundle_item(address: str) -> Item:
    """Return the item of a new bundle, with ten items nested in it."""
    places = [place | {"localNetwork": NETWORK} for place in at(address)]
    return new_item(BUNDLE, places) | {"productOrderItem": bundle_members()}


def bundle_members() -> list[Item]:
    """Return the items that are nested in that of a bundle."""
    return [
        fibre_item((), "1.1"),
        mobile_item("plan-60", (), "1.2"),
        member_card_item("member-card", (), "1.3"),
        member_card_item("bench-second-card", (), "1.4"),
        *(new_item(each, (), f"1.{n}") for n, each in enumerate(ADDED_TO_BUNDLE, start=5)),
    ]


def new_item(
    offering: str,
    places: Places,
    id_: str = "1",
    characteristics: Sequence[dict[str, Any]] = (),
) -> Item:
    """Return the item of a new product; one that is nested takes the places of its bundle."""
    return {
        "id": id_,
        "action": "add",
        "productOffering": {"id": offering},
        "product": {"productCharacteristic": list(characteristics), "place": list(places)},
    }


def at(address: str) -> Places:
    """Return the places of a product at an address."""
    return [{"id": address, "role": ROLE}]


IN_NETWORK: Places = [{"role": ROLE, "localNetwork": NETWORK}]
"""The places of a product that a local network delivers."""


def new_order(
    item: Item, priority: int = LOWEST_PRIORITY, *, is_identified: bool = False
) -> OrderRequest:
    """Return the order of a new customer."""
    party = _customer(f"bench-party-{next(_customer_numbers)}")
    return _order(identified(party) if is_identified else party, item, priority)


def modification(product: InstalledProduct, action: str, **stated: Any) -> OrderRequest:  # noqa: ANN401  any field of an item
    """Return an order of a product's owner for an action on the product."""
    item = {
        "id": "1",
        "action": "modify",
        "businessAction": action,
        "product": {"id": str(product.id)},
    }
    return _order(_customer(product.party_id), item | stated, LOWEST_PRIORITY)


def _order(party: dict[str, Any], item: Item, priority: int) -> OrderRequest:
    """Return an order of about a kilobyte, as a CRM sends it."""
    key = str(uuid4())
    body = {
        "externalId": f"bench-{key}",
        "description": "An order of the bench",
        "category": "public",
        "priority": str(priority),
        "channel": [{"id": "internet", "name": "internet"}],
        "relatedParty": [party],
        "productOrderItem": [item],
    }
    return OrderRequest(key, msgspec.json.encode(body))


def _order_like_example(body: dict[str, Any], address: str) -> OrderRequest:
    """Return an example order with another customer and address."""
    key = str(uuid4())
    party = f"bench-party-{next(_customer_numbers)}"
    body |= {"externalId": f"bench-{key}", "relatedParty": [_customer(party)]}
    for item in _all_items(body["productOrderItem"]):
        for place in item.get("product", {}).get("place", ()):
            place |= {"id": address, "localNetwork": NETWORK}
    return OrderRequest(key, msgspec.json.encode(body))


def _all_items(items: Sequence[Any]) -> Iterator[Item]:
    """Yield items and their nested items."""
    for item in items:
        yield item
        yield from _all_items(item.get("productOrderItem", ()))


def _customer(party: str) -> dict[str, Any]:
    """Return the customer with this id as an order's related party."""
    name = f"Customer {party.rpartition('-')[2]}"
    return {"id": party, "role": "customer", "name": name, "@referredType": "Individual"}


def identified(party: dict[str, Any]) -> dict[str, Any]:
    """Return a customer with a real-name check, which mobile products need."""
    check = {
        "system": "RNV",
        "reference": f"RNV-{party['id']}",
        "documentType": "passport",
        "documentNumber": f"E-{party['id']}",
    }
    return party | {"realNameCheck": check}
