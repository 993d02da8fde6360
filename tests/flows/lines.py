"""Lines of business in tests: what is ordered, on which base, and which operation fails."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.flows.exchange_area import ExchangeArea
from tests.flows.order_items import disconnection, fibre, modification, product_at
from tests.flows.site import Site

JSON = Any
OLT, PE = "olt", "pe"
"""Elements of the area: its OLT, its provider-edge router."""

REQUEST = {"suspensionReason": "request"}


@dataclass(frozen=True)
class Line:
    """One line of business."""

    offering: str
    characteristics: Mapping[str, str | int] = field(default_factory=dict)
    bases: tuple[str, ...] = ()
    """The lines on which it relies, the first one first."""

    has_address: bool = True
    """Whether its order names an address; with a base that has one it takes that."""

    other_offering: str = ""
    """Another offering to which its products are changed."""

    refused: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """By business action, an element and its operation that is refused."""

    holds: frozenset[str] = frozenset()
    """The kinds of resources that its products hold."""


LINES: dict[str, Line] = {
    "ftth": Line("ftth-300", {"speedMbps": 300}),
    "iptv": Line(
        "iptv-hd",
        bases=("ftth",),
        has_address=False,
        other_offering="iptv-4k",
        refused={
            "new": ("iptv", "create-account"),
            "change": ("iptv", "modify-account"),
            "suspend": ("iptv", "bar-account"),
            "resume": ("iptv", "bar-account"),
            "disconnect": ("iptv", "delete-account"),
        },
        holds=frozenset({"iptvid", "stb"}),
    ),
    "contentpack": Line(
        "pack-films",
        bases=("ftth", "iptv"),
        has_address=False,
        refused={"new": ("iptv", "add-pack"), "disconnect": ("iptv", "remove-pack")},
    ),
    "staticip": Line(
        "static-ipv4",
        bases=("ftth",),
        has_address=False,
        refused={"new": ("aaa", "add-address"), "disconnect": ("aaa", "remove-address")},
        holds=frozenset({"ipv4"}),
    ),
    "leasedline": Line(
        "line-100",
        other_offering="line-1000",
        refused={
            "new": (PE, "add-interface"),
            "change": (PE, "modify-interface"),
            "suspend": (PE, "bar-interface"),
            "resume": (PE, "bar-interface"),
            "move": (PE, "add-interface"),
            "disconnect": (PE, "remove-interface"),
        },
        holds=frozenset({"circuit", "peport"}),
    ),
    "vpn": Line(
        "vpn-l3",
        has_address=False,
        refused={
            "new": ("vpn-controller", "create-vpn"),
            "disconnect": ("vpn-controller", "delete-vpn"),
        },
        holds=frozenset({"vrf"}),
    ),
    "vpnsite": Line(
        "site-50",
        bases=("vpn",),
        other_offering="site-500",
        refused={
            "new": (PE, "add-site"),
            "change": (PE, "modify-site"),
            "disconnect": (PE, "remove-site"),
        },
        holds=frozenset({"circuit", "peport"}),
    ),
    "rental": Line("rent-core", holds=frozenset({"core"})),
    "card": Line(
        "cards-50",
        {"quantity": 10},
        has_address=False,
        refused={"new": ("cards", "create-batch"), "disconnect": ("cards", "delete-batch")},
        holds=frozenset({"card"}),
    ),
}


def new_items(name: str, area: ExchangeArea) -> list[JSON]:
    """Return the items of a new product with the new products on which it relies."""
    names = (*LINES[name].bases, name)
    return [new_item(each, area, str(n)) for n, each in enumerate(names, start=1)]


def new_item(name: str, area: ExchangeArea, id_: str) -> JSON:
    """Return the item of a new product of a line."""
    if name == "ftth":
        return fibre(area.served, id_=id_)
    line = LINES[name]
    product = product_at(area.served) if line.has_address else {}
    values = [{"name": key, "value": value} for key, value in line.characteristics.items()]
    return {
        "id": id_,
        "action": "add",
        "productOffering": {"id": line.offering},
        "product": product | {"productCharacteristic": values},
    }


def an_item(name: str, action: str, product: str, other: ExchangeArea) -> JSON:
    """Return the item of an action on a product; a move goes to another area."""
    match action:
        case "disconnect":
            return disconnection(product)
        case "suspend" | "resume":
            return modification(product, action) | REQUEST
        case "move":
            item = modification(product, action)
            item["product"] |= product_at(other.served)
            return item
        case _:
            return modification(product, productOffering={"id": LINES[name].other_offering})


def element_name(element: str, area: ExchangeArea) -> str:
    """Return the name of an element, which may be the area's own."""
    return {OLT: area.olt, PE: f"{area.exchange}-PE01"}.get(element, element)


def stock(site: Site, area: ExchangeArea) -> None:
    """Import what the lines of an area need beside its line plant."""
    name = area.exchange
    router = element_name(PE, area)
    anywhere = {"iptvid": "A", "vrf": "R", "card": "K"}
    counts = {"card": 10}
    items = [
        *(
            {"kind": kind, "pool": "025", "value": f"{kind}-{name}-{n}"}
            for kind in ("stb", "ipv4", "ipv6", "circuit")
            for n in range(2)
        ),
        *(
            {
                "kind": "peport",
                "pool": name,
                "value": f"{router}/{n}",
                "element": router,
                "attributes": {"exchange": name},
            }
            for n in range(2)
        ),
        *(
            {"kind": kind, "value": f"{letter}-{name}-{n}"}
            for kind, letter in anywhere.items()
            for n in range(counts.get(kind, 2))
        ),
    ]
    blocks = [
        {"kind": kind, "pool": name, "first": 1, "count": 2}
        for kind in ("core", "wavelength", "rackunit")
    ]
    ops = site.client("ops")
    ops.post("resources", "/ops/v1/import/items", items)
    ops.post("resources", "/ops/v1/import/blocks", blocks)
